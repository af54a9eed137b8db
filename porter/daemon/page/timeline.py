"""Make a picture of each program's health over time, from the log of events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

WIDTH = 1000
"""Of the picture, in units of its own."""

_NARROWEST = 3.0
"""A failure of a second must be seen in a picture of a week."""


class Piece(NamedTuple):
    """A time in one state: `starting`, `healthy` or `unhealthy`; times are epoch seconds."""

    state: str
    since: float
    until: float
    problem: str
    x: float
    width: float


class Row(NamedTuple):
    """The health of one program, the oldest piece first; `healthy` is the share of time, in %."""

    program: str
    pieces: list[Piece]
    healthy: float


class Timeline(NamedTuple):
    """Rows that all last from `began` to `now`."""

    began: float
    now: float
    rows: list[Row]


def timeline(
    events: Sequence[dict[str, Any]],
    programs: Iterable[str],
    began: float,
    now: float,
    *,
    cut: bool,
) -> Timeline:
    """Return the health of `programs` since `began`; `cut` says that older events are lost."""
    now = max(now, began + 1)
    health = [one for one in events if one["kind"] == "health"]
    rows = [
        _row(name, [one for one in health if one["program"] == name], began, now, cut=cut)
        for name in programs
    ]
    return Timeline(began, now, rows)


def _row(
    name: str, events: Sequence[dict[str, Any]], began: float, now: float, *, cut: bool
) -> Row:
    state, problem, since = "starting", "", began
    if cut and events:
        state = "unhealthy" if events[0]["healthy"] else "healthy"
    scale = WIDTH / (now - began)
    pieces = []
    times = [*(one["at"] for one in events), now]
    for event, at in zip((*events, None), times, strict=True):
        until = min(max(at, since), now)
        x = min((since - began) * scale, WIDTH - _NARROWEST)
        if until > since or event is None:
            width = max((until - since) * scale, _NARROWEST)
            pieces.append(Piece(state, since, until, problem, round(x, 2), round(width, 2)))
        if event is not None:
            state = "healthy" if event["healthy"] else "unhealthy"
            problem, since = event["problem"], until
    # What is bad is drawn last, over its neighbours.
    healthy = sum(one.until - one.since for one in pieces if one.state == "healthy")
    pieces.sort(key=lambda one: one.state == "unhealthy")
    return Row(name, pieces, 100 * healthy / (now - began))
