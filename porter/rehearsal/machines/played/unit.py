"""The content of one unit file, typed, with systemd's defaults."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porter.errors import PorterError
from porter.rehearsal.machines.played import unit_file
from porter.rehearsal.machines.played.directives import FOLLOWED, IGNORED, Directive
from porter.rehearsal.machines.played.values import Command

_NONE = Command("", ())

PATH = ".path"
"""How the name of a path unit ends (systemd.path(5)); every other unit is a service."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A service or path unit. Durations are seconds; defaults are those of systemd.service(5).

    A path unit starts the unit `activates` while `path_exists` exists; only a service has commands.
    """

    name: str
    exec_start: Command = _NONE
    path_exists: Path | None = None
    activates: str = ""
    description: str = ""
    wants: tuple[str, ...] = ()
    wanted_by: tuple[str, ...] = ()
    conditions: tuple[tuple[Path, bool], ...] = ()
    type: str = "simple"
    exec_start_pre: tuple[Command, ...] = ()
    exec_reload: tuple[Command, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    environment_files: tuple[tuple[Path, bool], ...] = ()
    working_directory: Path | None = None
    remain_after_exit: bool = False
    restart: str = "no"
    restart_seconds: float = 0.1
    start_limit_interval: float = 10
    start_limit_burst: int = 5
    limit_nofile: tuple[int, int] | None = None
    timeout_start: float = 90
    timeout_stop: float = 90
    kill_signal: signal.Signals = signal.SIGTERM
    kill_mode: str = "control-group"
    runtime_directories: tuple[str, ...] = ()
    runtime_mode: int = 0o755
    runtime_preserve: str = "no"
    state_directories: tuple[str, ...] = ()
    state_mode: int = 0o755
    cache_directories: tuple[str, ...] = ()
    logs_directories: tuple[str, ...] = ()
    logs_mode: int = 0o755
    credentials: tuple[tuple[str, Path], ...] = ()
    umask: int = 0o022
    dynamic_user: bool = False
    protect_system: str = ""
    private_tmp: bool = False
    joins: str = ""

    @property
    def strict(self) -> bool:
        """Whether the unit has a sandbox: a program, not porter's own set-up."""
        return self.dynamic_user and self.protect_system == "strict"


def parse(name: str, text: str) -> Unit:
    """Parse the unit file `text`.

    Raises `PorterError` with unit and line for errors, and for directives that are neither followed
    nor ignored: systemd only warns about them, so a typo would stay unnoticed.
    """
    fields: dict[str, Any] = {}
    for assignment in unit_file.parse(text):
        try:
            _assign(fields, assignment)
        except (PorterError, ValueError) as error:
            what = error.what if isinstance(error, PorterError) else str(error)
            where = f"{name}, line {assignment.line}"
            raise PorterError(
                f"{assignment.name}={assignment.value}: {what}", where=where
            ) from error
    if name.endswith(PATH):
        return Unit(name=name, **{"activates": name.replace(PATH, ".service"), **fields})
    commands = fields.pop("exec_start", ())
    if len(commands) != 1:
        raise PorterError("needs exactly one ExecStart", where=name)
    return Unit(name=name, exec_start=commands[0], **fields)


def _assign(fields: dict[str, Any], assignment: unit_file.Assignment) -> None:
    directive = _directive(assignment)
    if directive is None:
        return
    if not assignment.value:
        fields.pop(directive.field, None)
        return
    value = directive.read(assignment.value)
    if directive.collects:
        added = tuple(value) if directive.spreads else (value,)
        fields[directive.field] = fields.get(directive.field, ()) + added
    else:
        fields[directive.field] = value


def _directive(assignment: unit_file.Assignment) -> Directive | None:
    """Return how to follow the assignment; None to ignore it."""
    followed = FOLLOWED.get(assignment.section, {}).get(assignment.name)
    if followed is None and assignment.name not in IGNORED:
        raise PorterError(
            f"played machines do not support this directive of [{assignment.section}]",
            cure="correct the spelling, or add it to machines/played/directives.py",
        )
    return followed
