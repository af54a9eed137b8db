"""Tracks the units that the service needs: its workloads, and HAProxy in front of them."""

from __future__ import annotations

import time
from typing import NamedTuple

from porter.daemon import systemd
from porter.daemon.exits import Exits, counted
from porter.daemon.workers import Worker, looked_at
from porter.spec import (
    HAPROXY_UNIT,
    STOPPED_STATES,
    HostSpec,
    Workload,
    check_of,
    check_unit,
    workload_unit,
)

LOOK_SECONDS = 0.5
"""Between looks: half of the pause before a restart, the only time systemd knows the exit code."""

HAPROXY = "HAProxy"
"""Its name beside those of programs."""

GRACE_SECONDS = 5.0
"""After porterd's own start: checks come first, in case the program started long before."""


class Words(NamedTuple):
    """The last log lines of a program with a title, and the program's name; both may be empty."""

    text: str = ""
    of: str = ""


class Units:
    """What happened to the units so far. Only the gate's thread calls it.

    `stopped` names the programs that a person stopped: systemd restarts all others.
    """

    def __init__(self, spec: HostSpec) -> None:
        names = {
            workload_unit(spec.running_name(workload)): workload.name for workload in spec.workloads
        }
        if spec.proxy:
            names[HAPROXY_UNIT] = HAPROXY
        self._exits = {unit: Exits(name=name) for unit, name in names.items()}
        self._workers = {
            workload_unit(one.name): Worker(name=one.name, threshold=_threshold(one))
            for one in spec.workloads
            if one is not spec.web
        }
        checks = [check_unit(worker.name) for worker in self._workers.values() if worker.threshold]
        self._asked = (*self._exits, *checks)
        self._users: dict[str, int | None] = {}
        self.stopped: frozenset[str] = frozenset()
        self._last_starts: dict[str, float] = {}
        self._web = workload_unit(spec.running_name(spec.web)) if spec.web else None
        self._due_at = self._opened_at = self._web_started_at = time.monotonic()

    def look(self) -> bool:
        """Ask systemd at most every `LOOK_SECONDS`; return whether any process ended since.

        A unit is `reloading` while Docker restarts its container: that counts as an end.
        """
        if time.monotonic() < self._due_at:
            return False
        before = self._total()
        states = systemd.ask(self._asked) if self._asked else {}
        for unit, exits in self._exits.items():
            if unit in states:
                self._exits[unit] = counted(exits, states[unit])
                self._users[unit] = states[unit].user
                self._last_starts[unit] = states[unit].started_at
        down = (unit for unit, state in states.items() if state.active in STOPPED_STATES)
        self.stopped = frozenset(self._exits[unit].name for unit in down if unit in self._exits)
        present = time.monotonic()
        if (web := states.get(self._web or "")) and web.started_at:
            self._web_started_at = web.started_at
        for unit, worker in self._workers.items():
            check = states.get(check_unit(worker.name))
            self._workers[unit] = looked_at(worker, states.get(unit), check, present)
        self._due_at = present + LOOK_SECONDS
        mine = (state for unit, state in states.items() if unit in self._exits)
        return any(state.active == "reloading" for state in mine) or self._total() > before

    def troubles(self) -> dict[str, str]:
        """Why each worker is not well, by name; empty texts for those that are."""
        present = time.monotonic()
        return {worker.name: worker.trouble(present) for worker in self._workers.values()}

    @property
    def restarts(self) -> dict[str, int]:
        """How often systemd restarted each program, by name, since its last start by hand."""
        known = {exits.name: exits.ends for exits in self._exits.values()}
        return {name: ends for name, ends in known.items() if ends is not None}

    @property
    def starts(self) -> dict[str, float]:
        """When each program last started, by name, in monotonic seconds; 0 while it is down."""
        return {
            self._exits[unit].name: 0.0 if self._users[unit] == systemd.NOT_RUNNING else at
            for unit, at in self._last_starts.items()
        }

    @property
    def last_starts(self) -> dict[str, float]:
        """When each program last started, by name, even if it is down by now; 0 before."""
        return {self._exits[unit].name: at for unit, at in self._last_starts.items()}

    @property
    def owners(self) -> dict[str, int | None]:
        """The ids of HAProxy's user and of the service's, by their names, as far as known."""
        return {
            exits.name: self._users.get(unit)
            for unit, exits in self._exits.items()
            if unit in (self._web, HAPROXY_UNIT)
        }

    @property
    def seconds_since_start(self) -> float:
        """Seconds since the service's program started; 0 for a while, and without a service.

        porterd may have started after the program: the first checks come before the verdict.
        """
        present = time.monotonic()
        patient = present - self._opened_at < GRACE_SECONDS
        return 0.0 if patient or self._web is None else present - self._web_started_at

    @property
    def hopeless(self) -> Exits | None:
        """The unit that keeps ending, if there is one."""
        return next((exits for exits in self._exits.values() if exits.hopeless), None)

    def last_words(self, *, of_workers: bool = False) -> Words:
        """The last log lines of the unit that failed, else of the first workload, with a title.

        With `of_workers`, a worker that is not well comes before the first workload.
        """
        blamed = self.hopeless or self._restless
        if of_workers and not blamed:
            return self._last_words_of_worker()
        for unit, exits in self._exits.items():
            if blamed in (None, exits):
                lines = _telling(unit, systemd.last_lines(unit))
                title = f"{exits}. " if exits.count and not exits.hopeless else ""
                said = [f"{title}Last lines of {exits.name}:", *lines] if lines else [title]
                return Words("\n".join(said), exits.name)
        return Words()

    def _last_words_of_worker(self) -> Words:
        """The log lines of the first worker that is not well: its check's, if it has a check."""
        troubles = self.troubles()
        for unit, worker in self._workers.items():
            if troubles[worker.name]:
                who = f"{worker.name}'s check" if worker.threshold else worker.name
                said = check_unit(worker.name) if worker.threshold else unit
                lines = _telling(said, systemd.last_lines(said))
                text = "\n".join([f"Last lines of {who}:", *lines]) if lines else ""
                return Words(text, worker.name)
        return Words()

    @property
    def _restless(self) -> Exits | None:
        """The unit that ended most often, if any did."""
        most = max(self._exits.values(), key=lambda exits: exits.count, default=None)
        return most if most and most.count else None

    def _total(self) -> int:
        return sum(exits.count for exits in self._exits.values())


def _threshold(workload: Workload) -> int:
    check = check_of(workload)
    return check.healthy_threshold if check else 0


def _telling(unit: str, lines: list[str]) -> list[str]:
    """Each line once, because a crash loop repeats itself; of HAProxy's, its last alerts."""
    if unit == HAPROXY_UNIT:
        lines = [line for line in lines if line.startswith("[ALERT]")][-2:] or lines
    return list(dict.fromkeys(reversed(lines)))[::-1]
