"""The time limit of one version of a rehearsal."""

from __future__ import annotations

import time
from collections.abc import Sequence

from porter.rehearsal.fleet.failure import RehearsalFailed


class Deadline:
    """A deadline `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._at = time.monotonic() + seconds

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self._at

    def passed(
        self, seen: str = "", *, source: str = "", lines: Sequence[str] = ()
    ) -> RehearsalFailed:
        """Return the failure of a rehearsal that missed its deadline; the caller raises it.

        `seen` is what hosts report at that time.
        """
        reason = ": ".join(filter(None, (f"not finished after {self._seconds:g} s", seen)))
        return RehearsalFailed(reason, source=source, lines=lines)
