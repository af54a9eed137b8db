"""What a phase can ask for: each step is data that describes itself."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from porter.host.docker.order import FetchImage
from porter.host.docker.removal import RemoveOld
from porter.host.security_updates import InstallUpdates
from porter.host.swap_steps import SwapStep
from porter.host.systems import PackageManager
from porter.spec import Package

UnitVerb = Literal["enable", "start", "restart", "reload", "stop", "disable", "mask"]


@dataclass(frozen=True, slots=True)
class WriteFile:
    """Put `content` at `path` with the permission bits `mode`."""

    path: Path
    content: bytes
    mode: int

    @property
    def title(self) -> str:
        """One line for a person."""
        return f"write {self.path} ({self.mode:04o}, {len(self.content)} bytes)"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine; what only root may read is not shown."""
        shown = None if not self.mode & 0o077 else self.content.decode()
        mode = f"{self.mode:04o}"
        return {"step": "write-file", "path": str(self.path), "mode": mode, "content": shown}


@dataclass(frozen=True, slots=True)
class MoveFile:
    """Let the file `source` replace `target`."""

    source: Path
    target: Path

    @property
    def title(self) -> str:
        """One line for a person."""
        return f"move {self.source} to {self.target}"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine."""
        return {"step": "move-file", "source": str(self.source), "target": str(self.target)}


@dataclass(frozen=True, slots=True)
class RemoveFile:
    """Remove the file at `path`."""

    path: Path

    @property
    def title(self) -> str:
        """One line for a person."""
        return f"remove {self.path}"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine."""
        return {"step": "remove-file", "path": str(self.path)}


@dataclass(frozen=True, slots=True)
class RemoveFolder:
    """Remove the folder at `path`, with all there is in it."""

    path: Path

    @property
    def title(self) -> str:
        """One line for a person."""
        return f"remove {self.path}/"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine."""
        return {"step": "remove-folder", "path": str(self.path)}


@dataclass(frozen=True, slots=True)
class Run:
    """Run `argv`, which must exit 0."""

    argv: tuple[str, ...]

    @property
    def title(self) -> str:
        """One line for a person."""
        return f"run {shlex.join(self.argv)}"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine."""
        return {"step": "run", "argv": list(self.argv)}


@dataclass(frozen=True, slots=True)
class SetUp:
    """Run the user's setup step `name`, which must exit 0 within `seconds`; it prints to `log`."""

    name: str
    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    seconds: int
    log: Path

    @property
    def title(self) -> str:
        """One line for a person."""
        return f"set up {self.name}: {shlex.join(self.argv)} (it prints to {self.log})"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine; of its environment, the names alone."""
        return {
            "step": "set-up",
            "name": self.name,
            "argv": list(self.argv),
            "folder": str(self.folder),
            "environment": sorted(self.environment),
            "seconds": self.seconds,
            "log": str(self.log),
        }


@dataclass(frozen=True, slots=True)
class Download:
    """Fetch `package` to `path`; its bytes must have its SHA-256."""

    package: Package
    path: Path
    region: str

    @property
    def title(self) -> str:
        """One line for a person."""
        return f"download {self.package.place} to {self.path}"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine."""
        return {
            "step": "download",
            "from": self.package.place,
            "sha256": self.package.sha256,
            "path": str(self.path),
        }


@dataclass(frozen=True, slots=True)
class InstallPackages:
    """Install the distribution's packages `names` with its own `manager`."""

    names: tuple[str, ...]
    manager: PackageManager

    @property
    def title(self) -> str:
        """One line for a person."""
        return f"install {' '.join(self.names)} with {self.manager.program}"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine."""
        runs = [[self.manager.program, *run] for run in self.manager.runs(self.names)]
        return {"step": "install-packages", "packages": list(self.names), "runs": runs}


@dataclass(frozen=True, slots=True)
class DaemonReload:
    """Let systemd read the unit files again."""

    @property
    def title(self) -> str:
        """One line for a person."""
        return "reload systemd's units"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine."""
        return {"step": "daemon-reload"}


@dataclass(frozen=True, slots=True)
class ChangeUnit:
    """Do `verb` to the systemd unit `unit`."""

    verb: UnitVerb
    unit: str

    @property
    def title(self) -> str:
        """One line for a person."""
        return f"{self.verb} {self.unit}"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine."""
        return {"step": f"{self.verb}-unit", "unit": self.unit}


Step = (
    WriteFile
    | MoveFile
    | RemoveFile
    | RemoveFolder
    | Run
    | SetUp
    | Download
    | InstallPackages
    | InstallUpdates
    | FetchImage
    | RemoveOld
    | DaemonReload
    | ChangeUnit
    | SwapStep
)
Steps = tuple[Step, ...]
