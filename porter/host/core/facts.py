"""What a phase saw on the machine before it planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from porter.host.core.unit_state import UnitState
from porter.host.core.view import FileState, View


@dataclass(frozen=True, slots=True)
class Facts:
    """The files and units that matter to one phase; `systemd` is false where there is none."""

    files: Mapping[PurePath, FileState]
    units: Mapping[str, UnitState]
    systemd: bool

    def content(self, path: PurePath) -> bytes | None:
        """The bytes at `path`, or None."""
        found = self.files.get(path)
        return found.content if found else None


def look_at(view: View, files: Iterable[PurePath], units: Iterable[str]) -> Facts:
    """Read `files` and ask systemd about `units`."""
    read = {path: view.read(path) for path in files}
    return Facts(
        files={path: found for path, found in read.items() if found},
        units=view.units(*units),
        systemd=view.program("systemctl") is not None,
    )
