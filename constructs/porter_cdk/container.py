"""What a user asks a host to run from an image."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self, TypedDict, Unpack

from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import ContainerWorkload, SpecError
from porter_cdk import container_image
from porter_cdk.check import Check, specified_check
from porter_cdk.container_image import ContainerImage
from porter_cdk.host_props import WEB
from porter_cdk.secret import Secret, check_secrets, grant_all, specified
from porter_cdk.tokens import DeployTimeValues


class ContainerOptions(TypedDict, total=False):
    """What every way to make a `Container` takes, all of it explained there."""

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
    """A container; `from_tarball`, `from_ecr`, `from_registry` and `from_asset` make one.

    command: replaces the image's CMD. Default: the image's own.
    port: where it listens. Default: the one port that its image exposes. A worker has none.
    host_port: where the host's HAProxy finds it, on loopback.
    environment: added to what porter sets (`PORT`, `PORTERD_URL`, `AWS_REGION`, ...).
    secrets: fetched by the host, and handed over as files (`file=True`) in memory, whose paths are
        in `NAME_FILE`. Docker keeps variables on disk.
    user: who it runs as. Default: the image's user, or 10000 where that is root; `"root"` is root.
    read_only: whether its file system is. `tmpfs`: where it may write all the same, 64 MB each.
    capabilities: those of Linux it keeps (`"NET_RAW"`). Default: none.
    new_privileges: whether set-user-ID programs work in it.
    pids_limit, open_files, memory_mb: its bounds. Default: 4096, 200,000, and the host's memory.
    restarts: how often Docker starts it again when it fails, before that counts as its end.
    stop_seconds: how long after SIGTERM it is killed.
    check: how a worker's health is told, by default that it stays up; run inside the container.

    `command`, `environment` and `check` may hold CDK tokens. Raises `SpecError` for what no host
    could run.
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

    def __post_init__(self) -> None:
        check_secrets(self.secrets)
        self._check_files()
        self.workload(WEB, DeployTimeValues())

    @classmethod
    def from_tarball(
        cls, path: str | os.PathLike[str], **options: Unpack[ContainerOptions]
    ) -> Self:
        """Of the file that `docker save` wrote: built once, it is what runs, and needs no registry.

        It travels in the payload, through S3. Raises `SpecError` if it holds no single image.
        """
        return cls(image=container_image.tarball(path), **options)

    @classmethod
    def from_ecr(
        cls, repository: ecr.IRepository, *, digest: str, **options: Unpack[ContainerOptions]
    ) -> Self:
        """Of the image `digest` (`sha256:...`) in `repository`, which the hosts may then pull."""
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
        """Of the image `name@sha256:...` in any registry.

        `credentials`: a secret, a JSON object with `username` and `password`, which the hosts may
        then read. With `allow_tag` a tag will do, which may be another image on the next host.
        """
        image = container_image.registry(name, allow_tag=allow_tag, credentials=credentials)
        return cls(image=image, **options)

    @classmethod
    def from_asset(
        cls, directory: str | os.PathLike[str], **options: Unpack[ContainerOptions]
    ) -> Self:
        """Of what the Dockerfile in `directory` makes: `cdk deploy` builds it, with Docker."""
        return cls(image=container_image.asset(directory), **options)

    @property
    def folder(self) -> Path | None:
        """The image's file, where it travels in the payload."""
        return self.image.file

    @property
    def exclude(self) -> Sequence[str]:
        """Nothing is left out."""
        return ()

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> Self:
        """With its image, which the host's `role` may pull, as it may fetch the secrets."""
        grant_all(self.secrets, scope, name, role)
        return replace(self, image=self.image.bind(scope, name, role))

    def workload(self, name: str, values: DeployTimeValues, below: str = "") -> ContainerWorkload:
        """This container as the host will know it; its tokens are added to `values`.

        `below` begins the names of its fields.
        """
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
                    "a container gets its secrets as files: Docker keeps variables on disk",
                    where=f"secrets/{name}",
                    cure=f"say file=True, and read the file that ${name}_FILE names",
                )
