"""Remove what killed rehearsals left: their machines, then their folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.local.folder import (
    abandoned,
    locked_folder,
    name_of,
    rehearsals_in,
    remove,
    temporary,
)

MOST = 50
"""Folders that one start examines, so that a start stays quick."""


@contextmanager
def rehearsal_folder() -> Iterator[Path]:
    """Remove what killed rehearsals left, then make a `locked_folder`. Raises `PorterError`."""
    remove_leftovers(temporary())
    with locked_folder() as folder:
        yield folder


def remove_leftovers(parent: Path) -> None:
    """Remove this user's abandoned rehearsals in `parent`, without following links."""
    for folder in rehearsals_in(parent)[:MOST]:
        # The folder may be locked, another user's, or resist removal: the next start tries again.
        with suppress(OSError, PorterError), abandoned(folder) as ours:
            if ours:
                _remove_machines(folder)
                remove(folder)


def _remove_machines(folder: Path) -> None:
    """Remove machines, then networks, because a process keeps its network namespace."""
    if os.geteuid() != 0:
        return  # only root boots
    from porter.rehearsal.machines.booted import leftovers as instances  # noqa: PLC0415 - seldom needed
    from porter.rehearsal.machines.vpc import leftovers as networks  # noqa: PLC0415

    name = name_of(folder)
    instances.remove(name, folder)
    networks.remove(name)
