"""A workload: what a host runs for the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from porter.spec.check import check_bool, check_port
from porter.spec.command import (
    check_command,
    check_environment,
    check_free_name,
    check_program,
    check_secrets,
)
from porter.spec.container import ContainerWorkload
from porter.spec.deployment import Text
from porter.spec.health import Check
from porter.spec.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessWorkload:
    """A process, started in its own folder of the payload (`workloads/NAME`).

    `command` is an argument list, never a shell line. The process listens on `port` (also in
    `$PORT`), on loopback or all addresses; a worker has no port. `secrets` become variables like
    those of `environment`. Each of `secret_files` becomes a file, whose path is in `NAME_FILE`.
    `check` decides whether a worker is well; without a check it is well while it stays up. With
    `state`, the process has a folder that outlives restarts, hot applies and reboots.
    """

    kind: Literal["process"] = "process"
    name: str
    command: tuple[Text, ...]
    port: int | None = None
    environment: Mapping[str, Text] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    secret_files: Mapping[str, Secret] = field(default_factory=dict)
    check: Check | None = None
    state: bool = False

    def __post_init__(self) -> None:
        check_free_name(self.name)
        check_command(self.command)
        check_program("command/0", self.command[0])
        if self.check is not None:
            check_program("check/command/0", self.check.command[0])
        if self.port is not None:
            check_port("port", self.port)
        check_environment(self.environment)
        check_secrets(self.environment, self.secrets, self.secret_files)
        check_bool("state", self.state)


Workload = ProcessWorkload | ContainerWorkload
"""What a host can run; `kind` identifies its type."""


def check_of(workload: Workload) -> Check | None:
    """Return the check that `workload` itself has, or None."""
    return workload.check
