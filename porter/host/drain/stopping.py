"""Stop what a host runs: first what takes requests, then programs, then jobs that take too long."""

from __future__ import annotations

import logging
import math
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import chain

from porter.spec import HAPROXY_UNIT, HostSpec, job_timer, lease_unit, workload_unit

JOBS_SECONDS = 900.0
"""How long a job at hand may run on; then it gets SIGTERM, as at its own time-out."""

HAND_BACK_SECONDS = 20.0
"""Before EC2 ends the host, jobs get SIGTERM: 10 s to end, and 10 s to hand their leases back."""

_NOT_LOADED = 5
"""The exit code of systemctl for a unit that is not loaded (systemctl(1), "Exit status")."""

_LOOK_SECONDS = 2.0
_ANSWER_SECONDS = 5.0
"""Between two looks at the jobs, and for systemd's answer, during which nobody sends heartbeats."""

_ENDED = frozenset({"inactive", "failed"})

_log = logging.getLogger("porter")


def stop_timers(spec: HostSpec) -> Iterator[None]:
    """Stop the timers, so that this host claims no more jobs; yield like `stopping`."""
    yield from _stop(*map(job_timer, _jobs(spec)))


def stopping(
    spec: HostSpec,
    jobs_seconds: float = JOBS_SECONDS,
    seconds_left: Callable[[], float | None] = lambda: None,
) -> Iterator[None]:
    """Stop everything in order, and yield whenever there is nothing to do but wait.

    `systemctl stop` takes as long as the unit's `TimeoutStopSec` allows. With `seconds_left` until
    EC2 ends the host, HAProxy gets a third of them, and jobs stop beside the programs, in time.
    """
    # Else the socket would start HAProxy again for the next connection.
    yield from _stop(HAPROXY_UNIT.replace(".service", ".socket"), *map(job_timer, _jobs(spec)))
    if (left := seconds_left()) is not None:
        at_hand = _stop_jobs(spec, _jobs_until(jobs_seconds, seconds_left))
        requests = _stop(HAPROXY_UNIT, until=time.monotonic() + left / 3)
        yield from _together(chain(requests, _stop_programs(spec)), at_hand)
        return
    yield from _stop(HAPROXY_UNIT)
    yield from _stop_programs(spec)
    yield from _stop_jobs(spec, _jobs_until(jobs_seconds, seconds_left))


def _jobs_until(seconds: float, seconds_left: Callable[[], float | None]) -> Callable[[], float]:
    """Return what says when jobs must stop: in `seconds`, or before EC2 ends this host.

    The time before that end is fixed when the end becomes known: a share of what is left would
    shrink with it.
    """
    until, fixed = time.monotonic() + seconds, False

    def at() -> float:
        nonlocal until, fixed
        if not fixed and (left := seconds_left()) is not None:
            spare = min(HAND_BACK_SECONDS, left / 3)
            until, fixed = min(until, time.monotonic() + left - spare), True
        return until

    return at


def _together(*works: Iterator[None]) -> Iterator[None]:
    """Do `works` side by side."""
    left = list(works)
    while left:
        left = [work for work in left if next(work, True) is None]
        if left:
            yield


def _stop_programs(spec: HostSpec) -> Iterator[None]:
    yield from _stop(*(workload_unit(spec.running_name(one)) for one in spec.workloads))


def _stop_jobs(spec: HostSpec, until: Callable[[], float]) -> Iterator[None]:
    """Let jobs at hand run on `until` then, and stop them."""
    leases = [lease_unit(name) for name in _jobs(spec)]
    while leases and time.monotonic() < until() and _run(leases):
        again = time.monotonic() + _LOOK_SECONDS
        while time.monotonic() < min(again, until()):
            yield
    yield from _stop(*leases)


def _jobs(spec: HostSpec) -> list[str]:
    return [job.name for job in spec.jobs]


def _stop(*units: str, until: float = math.inf) -> Iterator[None]:
    """Stop `units` at the same time; what has not stopped `until` then goes on to stop."""
    running = {
        unit: subprocess.Popen(["systemctl", "stop", unit], stderr=subprocess.DEVNULL)
        for unit in units
    }
    for unit, process in running.items():
        while process.poll() is None and time.monotonic() < until:
            yield
        if process.poll() is None:
            _log.warning("%s does not stop in time for the rest: going on", unit)
        elif process.returncode not in (0, _NOT_LOADED):
            _log.error("systemctl stop %s exited with %d", unit, process.returncode)


def _run(units: list[str]) -> bool:
    """Whether one of `units` runs; without an answer it may."""
    try:
        done = subprocess.run(
            ["systemctl", "show", "--property=ActiveState", "--value", *units],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    states = done.stdout.decode().split()
    return len(states) < len(units) or not _ENDED.issuperset(states)
