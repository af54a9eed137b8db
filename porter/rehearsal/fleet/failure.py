"""The failure that ends a rehearsal early: its reason, and log lines that show it."""

from __future__ import annotations

from collections.abc import Sequence


class RehearsalFailed(Exception):  # noqa: N818 - it is an outcome, reported, not an error raised to a user
    """The app failed, not porter; becomes a `Report` that is not ok."""

    def __init__(self, reason: str, *, source: str = "", lines: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.evidence = {source: list(lines)} if lines else {}
