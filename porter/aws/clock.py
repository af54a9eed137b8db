"""The time of day, safe from corrections of the system's clock."""

from __future__ import annotations

import time

_EPOCH_OF_MONOTONIC = time.time() - time.monotonic()


def now() -> float:
    """Seconds since the epoch; unlike `time.time`, never jumps while the process runs.

    A corrected clock must neither fail nor prolong a deployment.
    """
    return _EPOCH_OF_MONOTONIC + time.monotonic()
