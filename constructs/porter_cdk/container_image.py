"""Where the image of a container comes from, and what a host needs to get it."""

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
from porter_cdk.secret import Secret
from porter_cdk.source import source_folder
from porter_cdk.tokens import DeployTimeValues

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class ContainerImage(Protocol):
    """An image to be."""

    @property
    def file(self) -> Path | None:
        """What of it travels in the payload."""

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> ContainerImage:
        """The image as the host `scope` runs it under `name`, granted to its `role`."""

    def image(self, values: DeployTimeValues, below: str) -> Image:
        """The image as the host will know it; its tokens are added to `values`."""


@dataclass(frozen=True, slots=True)
class TarballImage:
    """The image in `file`, whose id is `id`."""

    file: Path
    id: str

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> Self:  # noqa: ARG002 - as asked
        """It needs nothing but its payload."""
        return self

    def image(self, values: DeployTimeValues, below: str) -> Image:  # noqa: ARG002 - as asked
        """The image, named by its id."""
        return Image(source="tarball", reference=self.id)


@dataclass(frozen=True, slots=True)
class RegistryImage:
    """The image `reference` of any registry, to be had with the `credentials`, if it has any."""

    reference: str
    credentials: Secret | None

    @property
    def file(self) -> None:
        """Nothing."""

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> Self:
        """Let the host read the credentials."""
        if self.credentials:
            self.credentials.grant(scope, f"Registry-{name}", role)
        return self

    def image(self, values: DeployTimeValues, below: str) -> Image:
        """The image, as it was named."""
        field = f"{below}image/credentials"
        secret = self.credentials.spec(values, field) if self.credentials else None
        reference = values.text(f"{below}image/reference", self.reference)
        return Image(source="registry", reference=reference, credentials=secret)


@dataclass(frozen=True, slots=True)
class EcrImage:
    """The image `uri` of `repository`."""

    uri: str
    repository: ecr.IRepository

    @property
    def file(self) -> None:
        """Nothing."""

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> Self:  # noqa: ARG002 - as asked
        """Let the host pull from the repository."""
        self.repository.grant_pull(role)
        return self

    def image(self, values: DeployTimeValues, below: str) -> Image:
        """The image, by its address in ECR."""
        return Image(source="ecr", reference=values.text(f"{below}image/reference", self.uri))


@dataclass(frozen=True, slots=True)
class AssetImage:
    """What the Dockerfile in `directory` makes."""

    directory: Path

    @property
    def file(self) -> None:
        """Nothing."""

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> EcrImage:
        """Have `cdk deploy` build it for the host's processor, pushed to the CDK's repository."""
        asset = ecr_assets.DockerImageAsset(
            scope, f"{name}-image", directory=str(self.directory), platform=platform(scope)
        )
        return EcrImage(asset.image_uri, asset.repository).bind(scope, name, role)

    def image(self, values: DeployTimeValues, below: str) -> Image:  # noqa: ARG002 - as asked
        """A stand-in, until it is bound."""
        return Image(source="ecr", reference="unbound")


def tarball(path: str | os.PathLike[str]) -> TarballImage:
    """The one image that `docker save` wrote to `path`.

    Its id is the digest of its configuration, and so of all that is in it. Raises `SpecError`.
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
            "holds no single image",
            where=str(file),
            cure="write it with `docker save --output FILE IMAGE`",
        ) from error
    return TarballImage(file, f"sha256:{digest}")


def registry(name: str, *, allow_tag: bool, credentials: Secret | None) -> RegistryImage:
    """`name`, with a digest. Raises `SpecError` for a tag, which may be another image tomorrow."""
    _, _, digest = name.rpartition("@")
    if not (allow_tag or Token.is_unresolved(name) or _DIGEST.fullmatch(digest)):
        raise SpecError(
            f"names no digest: {name!r} may be another image on the next host",
            where="image",
            cure="write NAME@sha256:..., or allow_tag=True",
        )
    return RegistryImage(name, credentials)


def from_repository(repository: ecr.IRepository, digest: str) -> EcrImage:
    """The image of `repository` with that `digest`. Raises `SpecError` if it is none."""
    if not (Token.is_unresolved(digest) or _DIGEST.fullmatch(digest)):
        raise SpecError(
            f"must be sha256: and 64 hexadecimal digits, got {digest!r}", where="digest"
        )
    return EcrImage(repository.repository_uri_for_digest(digest), repository)


def asset(directory: str | os.PathLike[str]) -> AssetImage:
    """What the Dockerfile in `directory` makes. Raises `SpecError` if there is none."""
    folder = source_folder(directory)
    if not (folder / "Dockerfile").is_file():
        raise SpecError("there is no Dockerfile", where=str(folder))
    return AssetImage(folder)


def _member(archive: tarfile.TarFile, name: str) -> tarfile.ExFileObject:
    member = archive.extractfile(name)
    if not isinstance(member, tarfile.ExFileObject):
        raise KeyError(name)
    return member
