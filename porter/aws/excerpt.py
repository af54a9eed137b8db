"""Shorten what a program printed: its head often says what failed, its tail where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

JOINT = " | "
GAP = "..."

_HEAD = 3
"""The head gets a third of the room."""


def excerpt(lines: Iterable[str], room: int) -> str:
    """Return `lines` as one line of at most `room` bytes, which are a few dozen at least.

    A line that repeats is shown once, with a count. If the rest is too long, whole lines of head
    and tail stay. The first or the last line is cut if it does not fit alone.
    """
    folded = [_counted(line, len([*same])) for line, same in groupby(lines)]
    whole = JOINT.join(folded)
    if size(whole) <= room:
        return whole
    if len(folded) == 1:
        return cut(whole, room)
    head = _fitting(folded[:-1], room // _HEAD) or [cut(folded[0], room // _HEAD)]
    start = JOINT.join([*head, GAP, ""])
    left = room - size(start)
    tail = _fitting(folded[: len(head) - 1 : -1], left)[::-1] or [cut(folded[-1], left)]
    return start + JOINT.join(tail)


def size(text: str) -> int:
    """Return the bytes of `text` in UTF-8."""
    return len(text.encode("utf-8", "replace"))


def cut(line: str, room: int) -> str:
    """Return `line` in at most `room` bytes, every character whole."""
    if size(line) <= room:
        return line
    kept = line.encode("utf-8", "replace")[: room - len(GAP)]
    return kept.decode("utf-8", "ignore") + GAP


def _counted(line: str, times: int) -> str:
    return line if times == 1 else f"{line} ({times} times)"


def _fitting(lines: Sequence[str], room: int) -> list[str]:
    """Return as many of the first `lines` as fit whole into `room` bytes."""
    for count in range(len(lines), 0, -1):
        if size(JOINT.join(lines[:count])) <= room:
            return [*lines[:count]]
    return []
