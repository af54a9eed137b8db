"""Launches that EC2 refused, and hosts that ended by themselves: so many fail a rehearsal."""

from __future__ import annotations

import time

from porter.rehearsal.fleet.failure import RehearsalFailed

MOST_REFUSED = 3
"""A rehearsal ends when EC2 has refused that many launches in a row; AWS tries longer."""

RELAUNCH_SECONDS = 2.0
"""Until a group tries again after a refused launch."""

MOST_LOST = 4
LOST_WITHIN = 60.0
"""Seconds in which more than `MOST_LOST` hosts that end by themselves fail the rehearsal."""


class Mishaps:
    """Counts them, in monotonic seconds."""

    def __init__(self) -> None:
        self._refused: list[float] = []
        self._lost: list[float] = []

    @property
    def pause(self) -> bool:
        """Whether a refusal is too recent to try again."""
        return bool(self._refused) and time.monotonic() - self._refused[-1] < RELAUNCH_SECONDS

    def launched(self) -> None:
        """Note a launch that EC2 did not refuse."""
        self._refused.clear()

    def refused(self, message: str) -> None:
        """Note a refused launch. Raises `RehearsalFailed` if it is one too many."""
        self._refused.append(time.monotonic())
        if len(self._refused) >= MOST_REFUSED:
            raise RehearsalFailed(f"EC2 refused {MOST_REFUSED} launches in a row: {message}")

    def lost(self, instance_id: str) -> None:
        """Note a host that ended by itself. Raises `RehearsalFailed` if it is one too many."""
        now = time.monotonic()
        self._lost = [*(at for at in self._lost if now - at < LOST_WITHIN), now]
        if len(self._lost) > MOST_LOST:
            raise RehearsalFailed(
                f"{len(self._lost)} hosts ended by themselves within {LOST_WITHIN:g} s, "
                f"the last one was {instance_id}"
            )
