"""The time of day, as one process may count on it."""

from __future__ import annotations

import time

_EPOCH_OF_MONOTONIC = time.time() - time.monotonic()


def now() -> float:
    """Seconds since the epoch; unlike `time.time` it never jumps while the process lives.

    A correction of the system's clock must neither fail nor prolong a deployment.
    """
    return _EPOCH_OF_MONOTONIC + time.monotonic()
