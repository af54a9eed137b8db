"""The steps that every feature uses: files, commands, packages and units."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal, Protocol

from porter.errors import HostFaultError, PorterError
from porter.host.core.explanation import check, explain, program
from porter.host.core.machine import Machine
from porter.host.core.package_lists import recent
from porter.host.core.systems import REFUSED, UNREACHABLE, PackageManager

UnitVerb = Literal["enable", "start", "restart", "reload", "stop", "disable", "mask"]

INSTALL_SECONDS = 300.0
"""Deadline of one command of a package manager, including the wait for its lock."""


class Step(Protocol):
    """One change of a machine, as data.

    A frozen dataclass with these three members is a step, so a feature can bring its own.
    """

    @property
    def title(self) -> str:
        """The step in one line, for a person."""

    def as_json(self) -> dict[str, Any]:
        """The step as JSON; content that only root may read is left out."""

    def perform(self, machine: Machine) -> None:
        """Perform the step. Raises `PorterError` with command, exit code and last lines."""


Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class WriteFile:
    """Write `content` to `path`, with the permission bits `mode`."""

    path: PurePath
    content: bytes
    mode: int

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return f"write {self.path} ({self.mode:04o}, {len(self.content)} bytes)"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON; `content` is null if only root may read the file."""
        shown = None if not self.mode & 0o077 else self.content.decode()
        mode = f"{self.mode:04o}"
        return {"step": "write-file", "path": str(self.path), "mode": mode, "content": shown}

    def perform(self, machine: Machine) -> None:
        """Perform the step."""
        machine.write(self.path, self.content, self.mode)


@dataclass(frozen=True, slots=True)
class MoveFile:
    """Rename the file `source` to `target`, replacing it."""

    source: PurePath
    target: PurePath

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return f"move {self.source} to {self.target}"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        return {"step": "move-file", "source": str(self.source), "target": str(self.target)}

    def perform(self, machine: Machine) -> None:
        """Perform the step."""
        machine.move(self.source, self.target)


@dataclass(frozen=True, slots=True)
class RemoveFile:
    """Remove the file at `path`."""

    path: PurePath

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return f"remove {self.path}"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        return {"step": "remove-file", "path": str(self.path)}

    def perform(self, machine: Machine) -> None:
        """Perform the step."""
        machine.remove(self.path)


@dataclass(frozen=True, slots=True)
class RemoveFolder:
    """Remove the folder at `path` with its content."""

    path: PurePath

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return f"remove {self.path}/"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        return {"step": "remove-folder", "path": str(self.path)}

    def perform(self, machine: Machine) -> None:
        """Perform the step."""
        machine.remove_folder(self.path)


@dataclass(frozen=True, slots=True)
class Run:
    """Run `argv`, which must exit 0."""

    argv: tuple[str, ...]

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return f"run {shlex.join(self.argv)}"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        return {"step": "run", "argv": list(self.argv)}

    def perform(self, machine: Machine) -> None:
        """Perform the step."""
        result = machine.run(self.argv)
        check(self.argv, result.exit_code, result.output)


@dataclass(frozen=True, slots=True)
class InstallPackages:
    """Install the distribution's packages `names` with its own `manager`.

    Lists of packages that are recent are not refreshed.
    """

    names: tuple[str, ...]
    manager: PackageManager

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return f"install {' '.join(self.names)} with {self.manager.program}"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        runs = [[self.manager.program, *run] for run in self.manager.runs(self.names)]
        return {"step": "install-packages", "packages": list(self.names), "runs": runs}

    def perform(self, machine: Machine) -> None:
        """Perform the step."""
        path = program(machine, self.manager.program)
        warnings = ""
        runs = self.manager.runs(self.names)
        for arguments in runs[-1:] if recent(machine) else runs:
            argv = (path, *arguments)
            environment = self.manager.environment
            result = machine.run(argv, seconds=INSTALL_SECONDS, environment=environment)
            said = f"{warnings}\n{result.output}"
            unheard = bool(UNREACHABLE.search(said)) and not REFUSED.search(said)
            check(argv, result.exit_code, said, kind=HostFaultError if unheard else PorterError)
            # If a mirror is down, `apt-get update` only warns, and the next run misses a package.
            lines = result.output.splitlines()
            warnings = "\n".join(line for line in lines if line.startswith("W: "))


@dataclass(frozen=True, slots=True)
class DaemonReload:
    """Have systemd read the unit files again."""

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return "reload systemd's units"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        return {"step": "daemon-reload"}

    def perform(self, machine: Machine) -> None:
        """Perform the step."""
        Run((program(machine, "systemctl"), "daemon-reload")).perform(machine)


@dataclass(frozen=True, slots=True)
class ChangeUnit:
    """Run `systemctl VERB UNIT`."""

    verb: UnitVerb
    unit: str

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return f"{self.verb} {self.unit}"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        return {"step": f"{self.verb}-unit", "unit": self.unit}

    def perform(self, machine: Machine) -> None:
        """Perform the step."""
        # These verbs only change links; `DaemonReload` is a step of its own.
        quick = ("--no-reload",) if self.verb in ("enable", "disable", "mask") else ()
        argv = (program(machine, "systemctl"), self.verb, *quick, self.unit)
        result = machine.run(argv)
        if result.exit_code:
            # systemctl prints only where to look for the cause.
            check(argv, result.exit_code, explain(machine, self.unit) or result.output)
