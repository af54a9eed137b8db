"""The sources of a container's image, and the permissions that a host needs for each."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from aws_cdk import Token
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import Image, SpecError
from porter_cdk.image import platform
from porter_cdk.program import source_folder
from porter_cdk.secret import Secret
from porter_cdk.tokens import DeployTimeValues

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class ContainerImage(Protocol):
    """A source of an image."""

    @property
    def file(self) -> Path | None:
        """The file that the payload carries; None for an image of a registry."""

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> ContainerImage:
        """Return the image for the program `name` of the host `scope`; let `role` pull it."""

    def image(self, values: DeployTimeValues, below: str) -> Image:
        """Return the host's form of the image; add its CDK tokens to `values`."""


@dataclass(frozen=True, slots=True)
class TarballImage:
    """The image in `file`, with the image id `id`."""

    file: Path
    id: str

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> Self:  # noqa: ARG002 - as asked
        """Return the image: the payload carries it, so it needs no permission."""
        return self

    def image(self, values: DeployTimeValues, below: str) -> Image:  # noqa: ARG002 - as asked
        """Return the image by its id."""
        return Image(source="tarball", reference=self.id)


class _Pulled:
    @property
    def file(self) -> None:
        """None: a registry has the image."""


@dataclass(frozen=True, slots=True)
class RegistryImage(_Pulled):
    """The image `reference` of any registry, pulled with `credentials` if there are any."""

    reference: str
    credentials: Secret | None

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> Self:
        """Let `role` read the credentials."""
        if self.credentials:
            self.credentials.grant(scope, f"Registry-{name}", role)
        return self

    def image(self, values: DeployTimeValues, below: str) -> Image:
        """Return the image by the name that the user gave."""
        field = f"{below}image/credentials"
        secret = self.credentials.spec(values, field) if self.credentials else None
        reference = values.text(f"{below}image/reference", self.reference)
        return Image(source="registry", reference=reference, credentials=secret)


@dataclass(frozen=True, slots=True)
class EcrImage(_Pulled):
    """The image `uri` of the ECR repository `repository`."""

    uri: str
    repository: ecr.IRepository

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> Self:  # noqa: ARG002 - as asked
        """Let `role` pull from the repository."""
        self.repository.grant_pull(role)
        return self

    def image(self, values: DeployTimeValues, below: str) -> Image:
        """Return the image by its address in ECR."""
        return Image(source="ecr", reference=values.text(f"{below}image/reference", self.uri))


@dataclass(frozen=True, slots=True)
class AssetImage(_Pulled):
    """The image that the Dockerfile in `directory` builds."""

    directory: Path

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> EcrImage:
        """Return an image that `cdk deploy` builds for the host's processor and pushes to ECR."""
        asset = ecr_assets.DockerImageAsset(
            scope, f"{name}-image", directory=str(self.directory), platform=platform(scope)
        )
        return EcrImage(asset.image_uri, asset.repository).bind(scope, name, role)

    def image(self, values: DeployTimeValues, below: str) -> Image:  # noqa: ARG002 - as asked
        """Return a placeholder: the address is known after `bind`."""
        return Image(source="ecr", reference="unbound")


def tarball(path: str | os.PathLike[str]) -> TarballImage:
    """Return the one image in `path`, a file of `docker save`.

    Its id is the SHA-256 of its configuration, which covers its layers. Raises `SpecError` for a
    file that cannot be read, or that does not contain exactly one image.
    """
    file = Path(path).absolute()
    try:
        with tarfile.open(file) as archive:
            manifest = json.load(_member(archive, "manifest.json"))
            [entry] = manifest
            digest = hashlib.file_digest(_member(archive, entry["Config"]), "sha256").hexdigest()
    except OSError as error:
        raise SpecError(f"cannot be read: {error.strerror}", where=str(file)) from error
    except (tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise SpecError(
            "does not contain exactly one image",
            where=str(file),
            cure="write it with `docker save --output FILE IMAGE`",
        ) from error
    return TarballImage(file, f"sha256:{digest}")


def registry(name: str, *, allow_tag: bool, credentials: Secret | None) -> RegistryImage:
    """Return the image `name`. Raises `SpecError` for a tag unless `allow_tag`."""
    _, _, digest = name.rpartition("@")
    if not (allow_tag or Token.is_unresolved(name) or _DIGEST.fullmatch(digest)):
        raise SpecError(
            f"has no digest: {name!r} may be another image on the next host",
            where="image",
            cure="write NAME@sha256:..., or allow_tag=True",
        )
    return RegistryImage(name, credentials)


def from_repository(repository: ecr.IRepository, digest: str) -> EcrImage:
    """Return the image `digest` of `repository`. Raises `SpecError` for a malformed digest."""
    if not (Token.is_unresolved(digest) or _DIGEST.fullmatch(digest)):
        raise SpecError(
            f"must be sha256: and 64 hexadecimal digits, got {digest!r}", where="digest"
        )
    return EcrImage(repository.repository_uri_for_digest(digest), repository)


def asset(directory: str | os.PathLike[str]) -> AssetImage:
    """Return the image of the Dockerfile in `directory`. Raises `SpecError` without one."""
    folder = source_folder(directory)
    if not (folder / "Dockerfile").is_file():
        raise SpecError("has no Dockerfile", where=str(folder), cure="name its folder")
    return AssetImage(folder)


def _member(archive: tarfile.TarFile, name: str) -> tarfile.ExFileObject:
    member = archive.extractfile(name)
    if not isinstance(member, tarfile.ExFileObject):
        raise KeyError(name)
    return member
