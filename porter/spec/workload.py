"""A workload: what a host runs for the service."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from porter.spec.check import check_name, check_port, refuse
from porter.spec.deployment import DeployTime, Text

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RESERVED_VARIABLES = ("PORT", "PORTERD_URL")
"""Environment variables that porter sets for every workload; a user cannot."""

RESERVED_NAMES = ("environment", "haproxy")
"""Workload names that porter's own systemd units have taken."""

_EXEC_PREFIXES = "@-:+!|"
"""Before a program's name they change how systemd runs it (systemd.service(5))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessWorkload:
    """A process, started in its own folder of the payload (`workloads/NAME`).

    `command` is an argument list, never a shell line. The process listens on `port` (also in
    `$PORT`), on loopback or all addresses.
    """

    name: str
    command: tuple[Text, ...]
    port: int
    environment: Mapping[str, Text] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name("name", self.name)
        if self.name in RESERVED_NAMES:
            raise refuse("name", f"{self.name!r} is porter's own", cure="choose another name")
        if isinstance(self.command, str) or not self.command:
            raise refuse(
                "command",
                f"must be a non-empty list of arguments, got {self.command!r}",
                cure='write ["python3", "main.py"]',
            )
        for index, argument in enumerate(self.command):
            _check_text(f"command/{index}", argument)
        _check_program(self.command[0])
        check_port("port", self.port)
        for variable, value in self.environment.items():
            if not isinstance(variable, str) or not _VARIABLE.fullmatch(variable):
                raise refuse(f"environment/{variable}", "is not a name of an environment variable")
            if variable in RESERVED_VARIABLES:
                raise refuse(f"environment/{variable}", "is set by porter", cure="remove it")
            _check_text(f"environment/{variable}", value)


def _check_program(program: Text) -> None:
    if program == "":
        raise refuse("command/0", "must name a program")
    if isinstance(program, str) and "/" not in program and program[0] in _EXEC_PREFIXES:
        raise refuse("command/0", f"must not start with {program[0]}, which systemd reserves")


def _check_text(field_name: str, value: object) -> None:
    if not isinstance(value, str | DeployTime):
        raise refuse(field_name, f"must be a string, got {value!r}", cure="write str(...)")
    if isinstance(value, str) and "\0" in value:
        raise refuse(field_name, "must not contain a NUL character")
