"""Whether apt's lists of packages are recent, so that an installation need not fetch them again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePath

from porter.host.core.layout import Layout
from porter.host.core.machine import Machine

RECENT_SECONDS = 600.0
"""A mirror soon deletes the packages of an old list."""

_SETTINGS = "etc/apt"
_LISTS = "var/lib/apt/lists"


def note_refreshed(machine: Machine) -> None:
    """Record that every mirror has just answered with its lists."""
    machine.write(_record(machine.layout), b"refreshed\n", 0o600)


def recent(machine: Machine) -> bool:
    """Whether the lists are recent, and nobody has since changed apt's settings or removed lists.

    A setup step may add a mirror, and leave it to porter to fetch that mirror's lists. Times are
    those of the inode (`st_ctime`), because a copied file may keep an old `st_mtime`.
    """
    refreshed = _changed(Path(_record(machine.layout)))
    if refreshed is None or not 0 <= time.time() - refreshed < RECENT_SECONDS:
        return False
    root = Path(machine.layout.root)
    found = [_changed(path) for path in (root / _LISTS, *_below(root / _SETTINGS))]
    return all(changed is not None and changed <= refreshed for changed in found)


def _below(folder: Path) -> Iterator[Path]:
    for parent, _, files in os.walk(folder):
        yield Path(parent)
        yield from (Path(parent, file) for file in files)


def _changed(path: Path) -> float | None:
    with suppress(OSError):
        return path.lstat().st_ctime
    return None


def _record(layout: Layout) -> PurePath:
    return layout.root / "run/porter/package-lists"
