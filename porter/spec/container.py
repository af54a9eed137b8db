"""A container: an image that a host runs with Docker."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from porter.spec.check import check_integer, check_port, refuse
from porter.spec.command import (
    check_command,
    check_environment,
    check_free_name,
    check_secrets,
)
from porter.spec.deployment import Text, check_text
from porter.spec.health import Check
from porter.spec.secret import Secret

CONTAINERS_HOST = "169.254.170.2"
"""The host's address for its containers, where porterd answers. Besides loopback, it is the only
IPv4 address of a host at which AWS SDKs accept credentials without TLS
(`ContainerMetadataFetcher` in botocore)."""

SECRETS_FOLDER = "/run/secrets"
"""Where a container finds its secret files, as with Docker Compose and Swarm."""

_IMAGE_ID = re.compile(r"sha256:[0-9a-f]{64}")
_CAPABILITY = re.compile(r"[A-Z_]+")
_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """Where a container's image comes from.

    `tarball`: the file `image.tar` in the workload's folder of the payload, written by
    `docker save`; `reference` is the image's id. `registry` and `ecr`: `reference` is a repository
    with a digest or tag. The host fetches it with `credentials` (a JSON object with `username` and
    `password`), or with its own role.
    """

    source: Literal["tarball", "registry", "ecr"]
    reference: Text
    credentials: Secret | None = None

    def __post_init__(self) -> None:
        check_text("reference", self.reference)
        if self.reference == "":
            raise refuse("reference", "must name an image")
        if self.source == "tarball" and not _IMAGE_ID.fullmatch(str(self.reference)):
            raise refuse("reference", f"must be an image ID (sha256:...), got {self.reference!r}")
        if self.credentials and self.source != "registry":
            raise refuse("credentials", "apply only to an image in a registry", cure="remove them")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerWorkload:
    """A container, run by Docker.

    `port` is the host's, on loopback: HAProxy connects to it; a worker has none. The container
    listens on `container_port` (also in `$PORT`), by default the port that its image exposes.
    `command` replaces the image's CMD and is passed to its ENTRYPOINT, if it has one. Each of
    `secret_files` is a file, whose path is in `NAME_FILE`. There are no `secrets` as variables,
    because Docker writes variables to disk.

    Every default is the strict one (CIS Docker Benchmark, section 5): an unprivileged user if the
    image names none (`user`), a root file system that is read-only except for memory at `tmpfs`, no
    Linux `capabilities`, no gain of privileges, limits for processes, open files and memory
    (`memory_mb`, if given). After `restarts` failures in a row the container counts as ended. It is
    killed `stop_seconds` after it was asked to stop. `check` runs inside the container and decides
    whether a worker is well; without a check it is well while it stays up.
    """

    kind: Literal["container"] = "container"
    name: str
    image: Image
    command: tuple[Text, ...] = ()
    port: int | None = None
    container_port: int | None = None
    environment: Mapping[str, Text] = field(default_factory=dict)
    secret_files: Mapping[str, Secret] = field(default_factory=dict)
    user: str = ""
    read_only: bool = True
    tmpfs: tuple[str, ...] = ("/tmp",)  # noqa: S108 - the container's own
    capabilities: tuple[str, ...] = ()
    new_privileges: bool = False
    pids_limit: int = 4096
    open_files: int = 200_000
    memory_mb: int | None = None
    restarts: int = 5
    stop_seconds: int = 20
    check: Check | None = None

    def __post_init__(self) -> None:
        check_free_name(self.name)
        if self.command != ():
            check_command(self.command)
        check_environment(self.environment)
        check_secrets(self.environment, {}, self.secret_files)
        self._check_ports()
        check_integer("pids_limit", self.pids_limit, 1, _MOST)
        check_integer("open_files", self.open_files, 64, _MOST)
        check_integer("restarts", self.restarts, 0, 100)
        check_integer("stop_seconds", self.stop_seconds, 1, 60)
        if self.memory_mb is not None:
            check_integer("memory_mb", self.memory_mb, 6, _MOST)  # Docker's least is 6 MB
        for index, path in enumerate(self.tmpfs):
            if not isinstance(path, str) or not path.startswith("/") or ":" in path:
                raise refuse(f"tmpfs/{index}", f"must be an absolute path, got {path!r}")
        for index, name in enumerate(self.capabilities):
            if not isinstance(name, str) or not _CAPABILITY.fullmatch(name):
                cure = 'write it as in capabilities(7), without CAP_: "NET_RAW"'
                raise refuse(f"capabilities/{index}", f"not a capability: {name!r}", cure=cure)

    def _check_ports(self) -> None:
        if self.port is not None:
            check_port("port", self.port)
        if self.container_port is not None:
            check_port("container_port", self.container_port)
            if self.port is None:
                raise refuse("container_port", "is for services only", cure="remove it")
