"""Collect what was saved until it is quiet."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from porter.packing.recipe import Recipe
from porter.rehearsal.watch.files import Files
from porter.rehearsal.watch.save import Save
from porter.rehearsal.watch.sources import Sources

QUIET = 0.1
LONGEST = 1.0
"""Seconds without a save until saves count as one; seconds after which they do anyway."""

AGAIN_SECONDS = 10.0
"""Seconds in which files are packed again if one disappeared meanwhile."""


class Saves:
    """The saves in the folder `app` that nobody has taken yet."""

    def __init__(self, app: Path) -> None:
        self._app = app
        self._files = Files()
        self._sources = Sources(app, ())
        self._saved: set[Path] = set()
        self._written: set[Path] = set()
        self._first = self._last = 0.0

    def follow(self, recipes: Iterable[Recipe], since: int) -> None:
        """Look at the files of an app with these payloads from now on.

        Files that were not looked at have been saved if they changed after `since`: nanoseconds
        since the epoch.
        """
        self._sources = sources = Sources(self._app, recipes)
        self._files.follow(sources.folders, sources.single, sources.skips, since)

    def look(self, *, now: bool = False) -> None:
        """Add what was saved since the last look, if it is due, or `now`."""
        changed = self._files.changed(now=now)
        at = time.monotonic()
        if new := set(self._sources.sort(changed).saved):
            self._first = self._first if self._saved else at
            self._last = at
            self._saved |= new

    @property
    def some(self) -> bool:
        """Whether anything was saved."""
        return bool(self._saved)

    @property
    def settled(self) -> bool:
        """Whether something was saved, and the editor has finished."""
        now = time.monotonic()
        return self.some and (now - self._last >= QUIET or now - self._first >= LONGEST)

    def take(self) -> Save:
        """Return what was saved, and begin anew."""
        saved, self._saved = self._saved, set()
        return Save(self._first, self._sources.sort(saved), self._app)

    def put_back(self, save: Save) -> bool:
        """Let `save` be taken again, unless it began too long ago; return whether it will be."""
        self._last = time.monotonic()
        if self._last - save.began > AGAIN_SECONDS:
            return False
        self._first = save.began
        self._saved |= set(save.files.saved)
        return True

    def synthesized(self) -> None:
        """Leave out the files that the app writes: those saved during two syntheses in a row.

        Call it once the app has ended, whatever became of it.
        """
        self.look(now=True)
        during = self._saved - self._sources.modules
        during -= set(self._sources.sort(during).packed)
        self._saved -= during & self._written
        self._written = during
