"""Which occurrence of a job is due: an instant of the calendar, not of a host's clock.

Timers of several hosts start at different moments, as their clocks differ. The calendar's latest
instant before that is the same on all of them: so that is what a lease is about. systemd itself
says it, the one that set the timer off.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from porter.errors import PorterError
from porter.host.machine import Machine

After = Callable[[int], int | None]
"""The first instant of a calendar after another, both in seconds since the epoch; None: never."""

_NEXT = re.compile(r"Next elapse: \w+ (\d+-\d+-\d+ \d+:\d+:\d+) UTC")
_LONGEST = 4**15
"""Seconds, 34 years: a calendar without an instant in them has none."""


def latest(after: After, now: int) -> int | None:
    """The last instant up to `now`, or None. `after` is asked some two dozen times at most."""
    span = 1
    while not _until(found := after(now - span), now):
        span *= 4
        if span > _LONGEST:
            return None
    # `found` is an instant, and after `high` there is none: look half-way, until they meet.
    high = now
    while found is not None and _until(following := after(found), now):
        middle = ((following or high) + high) // 2
        nearer = after(middle)
        if _until(nearer, now):
            found = nearer
        else:
            found, high = following, middle
    return found


def calendar(machine: Machine, expression: str) -> After:
    """The calendar of `expression`, as the systemd of `machine` reads it."""
    program = machine.program("systemd-analyze")
    if program is None:
        raise PorterError("there is no systemd-analyze", where=str(machine.layout.root))

    def after(instant: int) -> int | None:
        argv = [str(program), "calendar", f"--base-time=@{instant}", expression]
        told = machine.run(argv, seconds=20, environment={"TZ": "UTC", "LC_ALL": "C"})
        if told.exit_code:
            raise PorterError(told.output.strip(), where=expression)
        found = _NEXT.search(told.output)
        if found is None:
            return None
        return int(datetime.fromisoformat(found[1]).replace(tzinfo=UTC).timestamp())

    return after


def iso(instant: int) -> str:
    """`instant` as `2026-01-31T03:00:00Z`."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _until(instant: int | None, now: int) -> bool:
    return instant is not None and instant <= now
