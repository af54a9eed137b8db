"""Removes what killed rehearsals left behind: their machines, then their folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.local.folder import (
    PREFIX,
    abandoned,
    locked_folder,
    name_of,
    remove,
    temporary,
)

MOST = 50
"""Remains looked at by one start: it must not take long, whatever lies in TMPDIR."""


@contextmanager
def rehearsal_folder() -> Iterator[Path]:
    """A `locked_folder`, in place of those that killed rehearsals left. Raises `PorterError`."""
    remove_leftovers(temporary())
    with locked_folder() as folder:
        yield folder


def remove_leftovers(parent: Path) -> None:
    """Remove this user's rehearsals in `parent` that no longer run; no link is followed."""
    for folder in islice(parent.glob(f"{PREFIX}*"), MOST):
        # Living, another user's, gone meanwhile, or something resists: the next start tries again.
        with suppress(OSError, PorterError), abandoned(folder) as ours:
            if ours:
                _remove_machines(folder)
                remove(folder)


def _remove_machines(folder: Path) -> None:
    """End what was booted there: instances first, since a process keeps its namespace."""
    if os.geteuid() != 0:
        return  # only root boots
    from porter.rehearsal.machines.booted import leftovers as instances  # noqa: PLC0415 - seldom needed
    from porter.rehearsal.machines.vpc import leftovers as networks  # noqa: PLC0415

    name = name_of(folder)
    instances.remove(name, folder)
    networks.remove(name)
