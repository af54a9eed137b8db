"""What a phase saw on the machine before it planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from porter.host.machine import FileState, Machine
from porter.host.unit_state import UnitState


@dataclass(frozen=True, slots=True)
class Facts:
    """The files and units that matter to one phase; `systemd` is false where there is none."""

    files: Mapping[Path, FileState]
    units: Mapping[str, UnitState]
    systemd: bool

    def content(self, path: Path) -> bytes | None:
        """The bytes at `path`, or None."""
        found = self.files.get(path)
        return found.content if found else None


def look_at(machine: Machine, files: Iterable[Path], units: Iterable[str]) -> Facts:
    """Read `files` and ask systemd about `units`."""
    read = {path: machine.read(path) for path in files}
    return Facts(
        files={path: found for path, found in read.items() if found},
        units=machine.units(*units),
        systemd=machine.program("systemctl") is not None,
    )
