"""Pauses between attempts."""

from __future__ import annotations

import random
from collections.abc import Iterator


def pauses(first: float = 0.2, longest: float = 5.0) -> Iterator[float]:
    """Yield pauses in seconds without end; the caller decides when to stop.

    Their bounds double from `first` to `longest`. Each pause is random within the upper half of its
    bound, so hosts that failed together do not retry together.
    """
    bound = first
    while True:
        yield random.uniform(bound / 2, bound)  # noqa: S311 - jitter, not a secret
        bound = min(bound * 2, longest)
