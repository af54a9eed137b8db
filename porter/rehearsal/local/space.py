"""Tell a full disk from whatever it makes fail."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from porter.errors import PorterError

MEGABYTE = 1_000_000
NEEDED = 50 * MEGABYTE
"""Bytes that must be free before a rehearsal: with one host it takes 17 MB, each more takes 13."""

_FULL = MEGABYTE
_CURE = "free some, or set TMPDIR to a folder with more"


def require(folder: Path) -> None:
    """Raise `PorterError` unless a rehearsal in `folder` has room on its disk."""
    free = _free(folder)
    if free < NEEDED:
        raise PorterError(
            f"no space is left: {free // MEGABYTE} MB are free, "
            f"a rehearsal takes {NEEDED // MEGABYTE} MB",
            where=str(folder.parent),
            cure=_CURE,
        )


def full(folder: Path) -> str:
    """`no space is left in FOLDER`, if it is so; else empty."""
    with suppress(FileNotFoundError):
        if _free(folder) < _FULL:
            return f"no space is left in {folder}"
    return ""


@contextmanager
def blamed(folder: Path) -> Iterator[None]:
    """Within the block, errors while the disk of `folder` is full are that `PorterError`."""
    try:
        yield
    except (OSError, PorterError) as error:
        if not full(folder):
            raise
        raise PorterError("no space is left", where=str(folder), cure=_CURE) from error


def _free(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize
