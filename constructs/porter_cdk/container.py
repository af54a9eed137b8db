"""A program that runs as a container."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self, TypedDict, Unpack

from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.packing.build import Built
from porter.spec import ContainerWorkload, SpecError
from porter_cdk import container_image
from porter_cdk.check import Check, specified_check
from porter_cdk.container_image import ContainerImage
from porter_cdk.program import WEB
from porter_cdk.secret import Secret, check_secrets, grant_all, specified
from porter_cdk.tokens import DeployTimeValues


class ContainerOptions(TypedDict, total=False):
    """The arguments that all class methods of `Container` accept; `Container` explains them."""

    command: Sequence[str]
    port: int | None
    host_port: int
    environment: Mapping[str, str] | None
    secrets: Mapping[str, Secret] | None
    user: str
    read_only: bool
    tmpfs: Sequence[str]
    capabilities: Sequence[str]
    new_privileges: bool
    pids_limit: int
    open_files: int
    memory_mb: int | None
    restarts: int
    stop_seconds: int
    check: Check | Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container, made by `from_tarball`, `from_ecr`, `from_registry` or `from_asset`.

    command: the arguments that replace the image's CMD. Default: the image's CMD.
    port: the port in the container. Default: the one port that the image exposes; none for workers.
    host_port: the port on the host's loopback interface, for HAProxy. Default: 8000.
    environment: variables beside those of porter (`PORT`, `PORTERD_URL`, `AWS_REGION`, ...).
    secrets: secrets that the host fetches. Each needs `file=True`: Docker keeps variables on disk.
        The variable `NAME_FILE` is the path of a file in memory.
    user: the user in the container. Default: the image's user, or 10000 if that is root. Write
        `"root"` for root.
    read_only: mount the container's file system read-only. Default: True.
    tmpfs: folders that stay writable, in memory, 64 MB each. Default: `/tmp`.
    capabilities: Linux capabilities to keep (`"NET_RAW"`). Default: none.
    new_privileges: let set-user-ID programs gain privileges. Default: False.
    pids_limit: the largest number of processes. Default: 4096.
    open_files: the largest number of open files. Default: 200,000.
    memory_mb: the memory limit in megabytes. Default: the host's memory.
    restarts: the number of restarts before a failing container counts as ended. Default: 5.
    stop_seconds: the time from SIGTERM to SIGKILL. Default: 20.
    check: the health check of a worker, run in the container. Default: healthy while it runs.

    `command`, `environment` and `check` may contain CDK tokens. Raises `SpecError`, which names
    the field, for values that no host accepts.
    """

    image: ContainerImage
    command: Sequence[str] = ()
    port: int | None = None
    host_port: int = 8000
    environment: Mapping[str, str] | None = None
    secrets: Mapping[str, Secret] | None = None
    user: str = ""
    read_only: bool = True
    tmpfs: Sequence[str] = ("/tmp",)  # noqa: S108 - the container's own
    capabilities: Sequence[str] = ()
    new_privileges: bool = False
    pids_limit: int = 4096
    open_files: int = 200_000
    memory_mb: int | None = None
    restarts: int = 5
    stop_seconds: int = 20
    check: Check | Sequence[str] | None = None

    built: ClassVar[Built | None] = None

    def __post_init__(self) -> None:
        check_secrets(self.secrets)
        self._check_files()
        self.workload(WEB, DeployTimeValues())

    @classmethod
    def from_tarball(
        cls, path: str | os.PathLike[str], **options: Unpack[ContainerOptions]
    ) -> Self:
        """Run the image in a file. It needs no registry.

        path: the file, which `docker save` wrote.

        The payload carries the image. Raises `SpecError` unless that is exactly one image.
        """
        return cls(image=container_image.tarball(path), **options)

    @classmethod
    def from_ecr(
        cls, repository: ecr.IRepository, *, digest: str, **options: Unpack[ContainerOptions]
    ) -> Self:
        """Run an image of Amazon ECR; let the hosts pull it.

        repository: the image's repository.
        digest: the image's digest, `sha256:...`.
        """
        return cls(image=container_image.from_repository(repository, digest), **options)

    @classmethod
    def from_registry(
        cls,
        name: str,
        *,
        credentials: Secret | None = None,
        allow_tag: bool = False,
        **options: Unpack[ContainerOptions],
    ) -> Self:
        """Run an image of any registry.

        name: the image, written `NAME@sha256:...`.
        credentials: a secret with a JSON object of `username` and `password`. Default: none.
        allow_tag: accept a tag instead of a digest. A tag may be another image on the next host.
        """
        image = container_image.registry(name, allow_tag=allow_tag, credentials=credentials)
        return cls(image=image, **options)

    @classmethod
    def from_asset(
        cls, directory: str | os.PathLike[str], **options: Unpack[ContainerOptions]
    ) -> Self:
        """Run an image that `cdk deploy` builds with Docker.

        directory: the folder with the Dockerfile.
        """
        return cls(image=container_image.asset(directory), **options)

    @property
    def folder(self) -> Path | None:
        """The image's file in the payload; None for an image of a registry."""
        return self.image.file

    @property
    def exclude(self) -> Sequence[str]:
        """No globs: an image is packed whole."""
        return ()

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> Self:
        """Return the container with its bound image; let `role` pull it and fetch the secrets."""
        grant_all(self.secrets, scope, name, role)
        return replace(self, image=self.image.bind(scope, name, role))

    def workload(self, name: str, values: DeployTimeValues, below: str = "") -> ContainerWorkload:
        """Return the host's form of this container; `below` is its path in errors, with a slash."""
        return ContainerWorkload(
            name=name,
            image=self.image.image(values, below),
            command=values.arguments(self.command, below),
            port=self.host_port if name == WEB else None,
            container_port=self.port,
            environment=values.variables(self.environment, below),
            secret_files=specified(self.secrets, values, below, files=True),
            user=self.user,
            read_only=self.read_only,
            tmpfs=tuple(self.tmpfs),
            capabilities=tuple(self.capabilities),
            new_privileges=self.new_privileges,
            pids_limit=self.pids_limit,
            open_files=self.open_files,
            memory_mb=self.memory_mb,
            restarts=self.restarts,
            stop_seconds=self.stop_seconds,
            check=specified_check(self.check, values, below),
        )

    def _check_files(self) -> None:
        for name, secret in (self.secrets or {}).items():
            if not secret.file:
                raise SpecError(
                    "must be a file, because Docker keeps the variables of containers on disk",
                    where=f"secrets/{name}",
                    cure=f"write file=True, and read the file whose path is in ${name}_FILE",
                )
