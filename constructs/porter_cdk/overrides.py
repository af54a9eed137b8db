"""The overrides of escape hatches, as the resources of a release record them."""

from __future__ import annotations

from collections.abc import Iterable


def sets(overrides: Iterable[tuple[str, object]], path: str) -> bool:
    """Return whether one of `overrides` gives a value to `path`, or to what begins with it."""
    return any(place.startswith(path) and value is not None for place, value in overrides)
