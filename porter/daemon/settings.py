"""What systemd passes to porterd: credentials and folders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from porter.aws.redaction import Redactor
from porter.errors import PorterError
from porter.spec import (
    DRAIN_FILE,
    DRAIN_STEPS,
    OUTCOMES_VARIABLE,
    RESTART_FILE,
    STATISTICS_VARIABLE,
    ContainerWorkload,
    Deployment,
    HealthCheck,
    HostSpec,
    SpecError,
    loads,
)

T = TypeVar("T")

_UNIT = "start porterd through porterd.service"
_APPLY = "run: porter host apply"


class SettingsError(PorterError):
    """porterd cannot start with what it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the gate checks: `GET health_check.path` on `port` of the loopback interface.

    With `tls` the request is made over TLS. `workload` listens behind HAProxy on `workload_port`.
    It is empty on a host without a service, where the gate makes no request. All `workers` must be
    well too. `containers` are the programs that run in one.
    """

    service: str
    port: int
    health_check: HealthCheck
    workload: str = ""
    workload_port: int = 0
    tls: bool = False
    workers: tuple[str, ...] = ()
    containers: tuple[ContainerWorkload, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What porterd knows about its host. `handle_url`, `held` and `token_key` are never shown.

    `payload` is the payload's SHA-256, `target_groups` are ARNs. Auto Scaling waits `hook_seconds`
    until this host is healthy; 0 if it does not wait. `held` has the values of
    secrets by owner and name. Outcomes of jobs are below `jobs_directory`. HAProxy shows its
    statistics at `statistics_socket`. `redactor` replaces the handle's URL and every secret. The
    workloads' tokens are derived from `token_key`, which is empty on a host that hands out no
    credentials.
    """

    spec: HostSpec
    region: str
    handle_url: str = field(repr=False)
    payload: str = ""
    target_groups: tuple[str, ...] = ()
    hook_seconds: int = 0
    held: Mapping[str, Mapping[str, str]] = field(repr=False, default_factory=dict)
    state_directory: Path
    runtime_directory: Path
    jobs_directory: Path | None = None
    statistics_socket: Path | None = None
    token_key: bytes = field(default=b"", repr=False)
    redactor: Redactor = field(init=False, repr=False)

    @property
    def drain_file(self) -> Path:
        """The file whose existence starts the drain of this host; a reboot removes it."""
        return self.runtime_directory / DRAIN_FILE

    @property
    def drain_steps(self) -> Path:
        """The file in which drains, which run as root, say what they do."""
        return self.runtime_directory.parent / DRAIN_STEPS

    @property
    def lease_table(self) -> str:
        """The DynamoDB table of this stack's leases; empty if there is none."""
        return str(self.spec.lease_table)

    @property
    def restart_file(self) -> Path:
        """The file with the names of programs that root is to restart."""
        return self.runtime_directory / RESTART_FILE

    def __post_init__(self) -> None:
        values = (value for names in self.held.values() for value in names.values())
        object.__setattr__(self, "redactor", Redactor.of_handle(self.handle_url, *values))

    @property
    def target(self) -> Target:
        """The service through HAProxy; on a host without a service, porterd itself."""
        spec = self.spec
        web = spec.web
        workers = tuple(one.name for one in spec.workloads if one is not web)
        containers = tuple(one for one in spec.workloads if isinstance(one, ContainerWorkload))
        if spec.proxy and spec.health_check and web and web.port is not None:
            return Target(
                service=spec.service,
                port=spec.proxy.port,
                health_check=spec.health_check,
                workload=web.name,
                workload_port=web.port,
                tls=spec.proxy.tls is not None,
                workers=workers,
                containers=containers,
            )
        once = HealthCheck(healthy_threshold=1)
        return Target(
            service=spec.service,
            port=spec.porterd.port,
            health_check=once,
            workers=workers,
            containers=containers,
        )


def load(environment: Mapping[str, str]) -> Settings:
    """Read the settings that `environment` points to.

    Raises `SettingsError` for a missing directory, and for a missing or invalid file.
    """
    credentials = _directory(environment, "CREDENTIALS_DIRECTORY")
    spec = _read(HostSpec, credentials / "host.json")
    deployment = _read(Deployment, credentials / "deployment.json")
    return Settings(
        spec=spec,
        region=deployment.region,
        handle_url=deployment.handle_url,
        payload=deployment.payload.sha256,
        target_groups=deployment.target_groups,
        hook_seconds=deployment.hook_seconds,
        held=_held(credentials / "secrets.json"),
        state_directory=_directory(environment, "STATE_DIRECTORY"),
        runtime_directory=_directory(environment, "RUNTIME_DIRECTORY"),
        jobs_directory=Path(environment.get(OUTCOMES_VARIABLE, "/")) if spec.jobs else None,
        statistics_socket=_path(environment.get(STATISTICS_VARIABLE)),
        token_key=_bytes(credentials / "credentials.key") if spec.hands_out_credentials else b"",
    )


def _held(path: Path) -> dict[str, dict[str, str]]:
    """The values of the secrets on this host; none without the file."""
    try:
        owners: dict[str, dict[str, str]] = json.loads(path.read_bytes())
        for names in owners.values():
            names.values()  # a file of another form is not valid
    except FileNotFoundError:
        return {}
    except OSError as error:
        problem = error.strerror or "cannot be read"
        raise SettingsError(problem, where=str(path), cure=_APPLY) from error
    except (ValueError, AttributeError):
        raise SettingsError("is not valid", where=str(path), cure=_APPLY) from None
    return owners


def _path(value: str | None) -> Path | None:
    return Path(value) if value else None


def _directory(environment: Mapping[str, str], variable: str) -> Path:
    value = environment.get(variable)
    if not value:
        raise SettingsError("is not set", where=f"${variable}", cure=_UNIT)
    if not Path(value).is_dir():
        raise SettingsError("is not a directory", where=f"${variable} ({value})", cure=_UNIT)
    return Path(value)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        problem = error.strerror or "cannot be read"
        raise SettingsError(problem, where=str(path), cure=_APPLY) from error


def _read(kind: type[T], path: Path) -> T:
    try:
        return loads(kind, _bytes(path))
    except SpecError as error:
        # Only the place of the fault: the message may quote the handle's URL.
        where = f"{path}/{error.where}".rstrip("/")
        raise SettingsError("is not valid", where=where, cure=_APPLY) from None
