"""The facts that a phase collects before it plans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from porter.host.core.unit_state import UnitState
from porter.host.core.view import FileState, View


@dataclass(frozen=True, slots=True)
class Facts:
    """Files by path, units by name, and whether this machine has systemd."""

    files: Mapping[PurePath, FileState]
    units: Mapping[str, UnitState]
    systemd: bool

    def content(self, path: PurePath) -> bytes | None:
        """The bytes of the file at `path`, or None if there is no such file."""
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
