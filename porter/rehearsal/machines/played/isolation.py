"""What a program on a played machine may see and write: its sandbox, or the next best."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from porter.rehearsal.machines.played import sandbox
from porter.rehearsal.machines.played.sandbox import Sandbox
from porter.rehearsal.machines.played.unit import Unit

INACCESSIBLE = "run/systemd/inaccessible"
"""Below a machine's root, as on a host: a file and a folder that nobody may open."""

_CLOSED = ("etc", "run", "var/lib", "var/log")
"""Folders below the root with files that only root may read on EC2."""

_WRITABLE = 0o222


def prepare(unit: Unit, root: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Make the unit's own temporary folders; return the variables, changed to lead there.

    Without a sandbox the unit's folder becomes read-only by its modes, until `clear`.
    """
    variables = dict(environment)
    if unit.private_tmp:
        for folder in _temporary(unit, root):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o1777)
        variables.pop("TMPDIR", None)
    if unit.strict and sandbox.refusal():
        variables["TMPDIR"] = str(_temporary(unit, root)[0])
        _set_writable(unit, root, on=False)
    return variables


def of_unit(unit: Unit, root: Path, writable: list[Path], credentials: Path) -> Sandbox | None:
    """Return the sandbox of the unit's processes; `None` where this computer refuses one.

    The unit may write `writable`, and read its `credentials`.
    """
    if not unit.strict or sandbox.refusal():
        return None
    return Sandbox(
        writable=writable,
        temporary=_temporary(unit, root) if unit.private_tmp else (),
        shown=[root, *_programs(root)],
        hidden=sandbox.closed((root / one for one in _CLOSED), own=[*writable, credentials]),
        inaccessible=root / INACCESSIBLE,
    )


def clear(unit: Unit, root: Path) -> None:
    """Remove the unit's temporary folders after it stopped, as systemd does."""
    if unit.private_tmp and not unit.joins:
        shutil.rmtree(_temporary(unit, root)[0].parent, ignore_errors=True)
    if unit.strict and sandbox.refusal():
        _set_writable(unit, root, on=True)


def lay_out(root: Path) -> None:
    """Make what covers hidden files and folders."""
    folder = root / INACCESSIBLE
    folder.mkdir(parents=True)
    (folder / "dir").mkdir(mode=0)
    (folder / "reg").touch(mode=0)


def _temporary(unit: Unit, root: Path) -> list[Path]:
    """Return the unit's folders for /tmp and /var/tmp; a check has those of its worker."""
    own = root / "tmp" / (unit.joins or unit.name)
    return [own / "tmp", own / "var-tmp"]


def _programs(root: Path) -> list[Path]:
    """Return the folders of this computer in which the machine's programs are, with libraries."""
    found = []
    for link in (*root.glob("usr/bin/*"), *root.glob("usr/sbin/*"), *root.glob("usr/lib/*/bin/*")):
        program = link.resolve()
        if not program.is_relative_to(root):
            above = program.parent.parent
            found.append(program.parent if str(above) in ("/", *sandbox.TEMPORARY) else above)
    return found


def _set_writable(unit: Unit, root: Path, *, on: bool) -> None:
    """Let modes say whether the unit may write into its own folder, which is below `root`."""
    folder = unit.working_directory
    if folder is None or unit.joins or not folder.is_relative_to(root / "opt"):
        return
    for parent, _, names in os.walk(folder):
        for path in (Path(parent), *(Path(parent, name) for name in names)):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode | 0o200 if on else mode & ~_WRITABLE)
