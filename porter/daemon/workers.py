"""Judge from systemd's reports whether a worker is well: it stays up, or its check passes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from porter.daemon.exits import PAUSE, ending
from porter.daemon.systemd import UnitState

STEADY_SECONDS = 3.0
"""How long a worker without a check must stay up; the pause before a restart is a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """The worker `name` at one instant; times are monotonic seconds.

    `threshold` successes of its check in a row make it well; 0 means that it has no check.
    `up_since` is the start of the time it has been up without an end, `ends` systemd's count of
    ends. `run` numbers the check's last run that ended, `passes` counts the successes in a row, and
    `failure` says how the last run failed.
    """

    name: str
    threshold: int = 0
    up_since: float | None = None
    ends: int = 0
    run: int = 0
    passes: int = 0
    failure: str = ""

    def trouble(self, now: float) -> str:
        """Why it is not well; empty if it is."""
        if self.up_since is None:
            return f"{self.name} is not up"
        if self.threshold:
            return self._check_trouble()
        left = self.up_since + STEADY_SECONDS - now
        return f"{self.name} has been up for less than {STEADY_SECONDS:g} s" if left > 0 else ""

    def _check_trouble(self) -> str:
        if self.passes >= self.threshold:
            return ""
        if self.failure:
            return f"{self.name}: its check {self.failure}"
        return f"{self.name}: {self.passes} of {self.threshold} successes of its check"


def looked_at(
    worker: Worker, state: UnitState | None, check: UnitState | None, now: float
) -> Worker:
    """`worker` after one more look at its unit and its check's unit; None changes nothing.

    An end between two looks, of the worker or of a run of its check, shows in systemd's counts.
    """
    if state:
        worker = _process(worker, state, now)
    return _checked(worker, check) if check else worker


def _process(worker: Worker, state: UnitState, now: float) -> Worker:
    if state.active != "active":
        return replace(worker, up_since=None, passes=0)
    if worker.up_since is None or state.restarts != worker.ends:
        return replace(worker, up_since=now, ends=state.restarts, passes=0)
    return worker


def _checked(worker: Worker, check: UnitState) -> Worker:
    """While the check's unit pauses, a run has ended; `restarts` tells the runs apart."""
    run = check.restarts + 1
    if check.sub != PAUSE or run == worker.run:
        return worker
    if check.result == "success":
        return replace(worker, run=run, passes=worker.passes + 1, failure="")
    return replace(worker, run=run, passes=0, failure=ending(check))
