"""See which files were saved, by looking at all of them again and again (ADR 0035)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

SHORTEST_PAUSE = 0.1
"""Seconds between two looks."""

MOST_SHARE = 0.1
"""The largest share of a core's time that the looks take; a slower look is repeated later."""

Seen = dict[str, tuple[int, ...]]
"""What tells a file from its next version: times, size, inode and mode, by path."""


class Files:
    """The files below `folders`, and `single` ones; `skips(path)` leaves folders out.

    Paths are resolved. What is there at first has not changed.
    """

    def __init__(self) -> None:
        self._folders: tuple[Path, ...] = ()
        self._single: tuple[Path, ...] = ()
        self._skips: Callable[[str], bool] = lambda _path: False
        self._seen: Seen = {}
        self._due = 0.0

    def follow(
        self,
        folders: Iterable[Path],
        single: Iterable[Path],
        skips: Callable[[str], bool],
        since: int,
    ) -> None:
        """Look at these from now on.

        What was there before in other places has changed only after `since`, nanoseconds since
        the epoch.
        """
        old, skipped = self._folders, self._skips
        self._folders, self._single, self._skips = tuple(folders), tuple(single), skips
        self._seen = {
            path: self._seen.get(path, seen)
            for path, seen in self._look().items()
            if path in self._seen
            or (seen[1] < since and not any(_shows(one, path, skipped) for one in old))
        }

    def changed(self, *, now: bool = False) -> set[Path]:
        """Return the files that were written, made or removed since the last look.

        None if the next look is not due, unless `now`.
        """
        if not now and time.monotonic() < self._due:
            return set()
        began = time.monotonic()
        there, before = self._look(), self._seen
        self._seen = there
        ended = time.monotonic()
        self._due = ended + max(SHORTEST_PAUSE, (ended - began) / MOST_SHARE)
        paths = there.keys() | before.keys()
        names = {path for path in paths if there.get(path) != before.get(path)}
        return {Path(name) for name in names}

    def _look(self) -> Seen:
        seen: Seen = {}
        for folder in self._folders:
            self._walk(str(folder), seen)
        for path in self._single:
            with suppress(OSError):
                seen[str(path)] = _identity(path.lstat())
        return seen

    def _walk(self, folder: str, seen: Seen) -> None:
        """Add what is below `folder`; what disappears meanwhile is not there."""
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if not self._skips(entry.path):
                        self._walk(entry.path, seen)
                else:
                    with suppress(OSError):
                        seen[entry.path] = _identity(entry.stat(follow_symlinks=False))


def _shows(folder: Path, file: str, skips: Callable[[str], bool]) -> bool:
    """Return whether a walk through `folder` comes to `file`."""
    path = Path(file)
    between = (one for one in path.parents if folder in one.parents)
    return folder in path.parents and not any(skips(str(one)) for one in between)


def _identity(stat: os.stat_result) -> tuple[int, ...]:
    return (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino, stat.st_mode)
