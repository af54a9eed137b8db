"""Write times and sizes as people read them."""

from __future__ import annotations

import datetime as dt

from porter.aws.clock import now

_SPANS = ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s"))
_SIZES = ("B", "KB", "MB", "GB", "TB")
_STEP = 1024
_EXACT = 10
_GROUPED = 10_000


def utc(at: float) -> str:
    """Return the time `at` (epoch), as in `2026-11-24 09:26:40 UTC`."""
    return f"{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def ago(at: float) -> str:
    """Return how long ago `at` (epoch) is, as in `3 min ago`."""
    seconds = now() - at
    return "just now" if seconds < 1 else f"{span(seconds)} ago"


def span(seconds: float) -> str:
    """Return a length of time in its two largest units, as in `3 min 20 s`."""
    for large, name, small, small_name in _SPANS:
        if seconds >= large:
            rest = int(seconds % large // small)
            return f"{int(seconds // large)} {name}" + (f" {rest} {small_name}" if rest else "")
    return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def size(count: float) -> str:
    """Return `count` bytes, as in `3.9 GB`."""
    for unit in _SIZES:
        if count < _STEP or unit == _SIZES[-1]:
            break
        count /= _STEP
    return f"{count:.0f} {unit}" if count >= _EXACT or unit == "B" else f"{count:.1f} {unit}"


def count(number: int) -> str:
    """Return `number` with its digits in groups, as in `12 345`; the space does not break."""
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}") if number >= _GROUPED else str(number)
