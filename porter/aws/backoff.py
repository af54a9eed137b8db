"""How long to wait between two attempts."""

from __future__ import annotations

import random
from collections.abc import Iterator


def pauses(first: float = 0.2, longest: float = 5.0) -> Iterator[float]:
    """Endless pauses in seconds; the caller decides when to stop.

    Their bounds double from `first` to `longest`. Each is drawn at random from the upper half of
    its bound, so that hosts which failed together do not retry together.
    """
    bound = first
    while True:
        yield random.uniform(bound / 2, bound)  # noqa: S311 - jitter, not a secret
        bound = min(bound * 2, longest)
