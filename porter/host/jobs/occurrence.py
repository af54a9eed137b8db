"""Which occurrence of a job is due: an instant of the calendar, not of a host's clock.

Timers of several hosts start at different moments, as their clocks differ. The calendar's latest
instant before that is the same on all of them: so that is what a lease is about. systemd itself
says it, the one that set the timer off.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from porter.errors import PorterError
from porter.host.core.machine import Machine

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
    """The calendar of `expression`, as the systemd of `machine` reads it.

    Where clocks are put back an hour comes twice, and counts once: systemd leaves the second out
    when it is asked from before it, as its timers do, but not when it is asked in the midst of it.
    """
    program = machine.program("systemd-analyze")
    if program is None:
        raise PorterError("there is no systemd-analyze", where=str(machine.layout.root))

    def told(instant: int) -> int | None:
        argv = [str(program), "calendar", f"--base-time=@{instant}", expression]
        done = machine.run(argv, seconds=20, environment={"TZ": "UTC", "LC_ALL": "C"})
        if done.exit_code:
            raise PorterError(done.output.strip(), where=expression)
        found = _NEXT.search(done.output)
        if found is None:
            return None
        return int(datetime.fromisoformat(found[1]).replace(tzinfo=UTC).timestamp())

    def after(instant: int) -> int | None:
        found = told(instant)
        if found is None:
            return None
        end = _second_time_until(found, expression.rpartition(" ")[2])
        return found if end == found else told(end - 1)

    return after


def iso(instant: int) -> str:
    """`instant` as `2026-01-31T03:00:00Z`."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _second_time_until(instant: int, zone: str) -> int:
    """When the clocks of `zone` no longer show what they have shown before; `instant` if then."""
    if zone == "UTC":
        return instant
    clock, end = ZoneInfo(zone), instant
    while datetime.fromtimestamp(end, clock).fold:
        end = (end // 60 + 1) * 60
    return end


def _until(instant: int | None, now: int) -> bool:
    return instant is not None and instant <= now
