"""Find the occurrence of a job that is due: an instant of the calendar, not of a host's clock.

The hosts' clocks differ, so their timers elapse at different moments. The calendar's last instant
before that is the same on all hosts, so a lease is for that instant. systemd computes it, as for
the timer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from porter.errors import PorterError
from porter.host.core.machine import Machine

After = Callable[[int], int | None]
"""Returns the first instant of a calendar after another, in seconds since the epoch, or None."""

_NEXT = re.compile(r"Next elapse: \w+ (\d+-\d+-\d+ \d+:\d+:\d+) UTC")
_LONGEST = 4**15
"""34 years in seconds: a calendar without an instant in that time never elapses."""


def latest(after: After, now: int) -> int | None:
    """Return the last instant up to `now`, or None, with about two dozen calls of `after`."""
    span = 1
    while not _until(found := after(now - span), now):
        span *= 4
        if span > _LONGEST:
            return None
    # Bisect: `found` is an instant, and there is none between `high` and `now`.
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
    """Return the calendar of `expression`, as the systemd of `machine` computes it.

    When clocks are set back, an hour is repeated. Asked from before that hour, as by a timer,
    systemd leaves the repetition out; asked from within it, systemd does not. `After` always does.
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
    """Format `instant` as `2026-01-31T03:00:00Z`."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _second_time_until(instant: int, zone: str) -> int:
    """Return the end of the repeated hour that `instant` is in; else `instant`."""
    if zone == "UTC":
        return instant
    clock, end = ZoneInfo(zone), instant
    while datetime.fromtimestamp(end, clock).fold:
        end = (end // 60 + 1) * 60
    return end


def _until(instant: int | None, now: int) -> bool:
    return instant is not None and instant <= now
