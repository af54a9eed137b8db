"""Report a full disk as the cause of whatever fails."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from porter.errors import PorterError

MEGABYTE = 1_000_000
NEEDED = 50 * MEGABYTE
"""Bytes that must be free: the first host takes 17 MB, each other 13 MB."""

_FULL = MEGABYTE
_CURE = "free space, or set TMPDIR to a folder on a disk with more"


def require(folder: Path) -> None:
    """Raise `PorterError` unless the disk of `folder` has space for a rehearsal."""
    free = _free(folder)
    if free < NEEDED:
        raise PorterError(
            f"no space is left: {free // MEGABYTE} MB are free, "
            f"a rehearsal needs {NEEDED // MEGABYTE} MB",
            where=str(folder.parent),
            cure=_CURE,
        )


def full(folder: Path) -> str:
    """Return `no space is left in FOLDER` if so, else an empty text, also if FOLDER is unusable."""
    with suppress(OSError):
        if _free(folder) < _FULL:
            return f"no space is left in {folder}"
    return ""


@contextmanager
def blamed(folder: Path) -> Iterator[None]:
    """While the disk of `folder` is full, turn errors within the block into that `PorterError`."""
    try:
        yield
    except (OSError, PorterError) as error:
        if not full(folder):
            raise
        raise PorterError("no space is left", where=str(folder), cure=_CURE) from error


def _free(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize
