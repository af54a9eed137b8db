"""Keeps an eye on the units that the service stands on: its workloads, and HAProxy before them."""

from __future__ import annotations

import time

from porter.daemon import systemd
from porter.daemon.exits import Exits, counted
from porter.daemon.workers import Worker, looked_at
from porter.spec import HAPROXY_UNIT, HostSpec, Workload, check_of, check_unit, workload_unit

LOOK_SECONDS = 0.5
"""Between looks: half of the pause before a restart, in which alone systemd knows the exit code."""


class Units:
    """What became of the units so far. Only the gate's thread may call it."""

    def __init__(self, spec: HostSpec) -> None:
        names = {
            workload_unit(spec.running_name(workload)): workload.name for workload in spec.workloads
        }
        if spec.proxy:
            names[HAPROXY_UNIT] = "HAProxy"
        self._exits = {unit: Exits(name=name) for unit, name in names.items()}
        self._workers = {
            workload_unit(one.name): Worker(name=one.name, threshold=_threshold(one))
            for one in spec.workloads
            if one is not spec.web
        }
        checks = [check_unit(worker.name) for worker in self._workers.values() if worker.threshold]
        self._asked = (*self._exits, *checks)
        self._due_at = 0.0

    def look(self) -> bool:
        """Ask systemd, unless that was done just now; whether any process ended meanwhile.

        A container that Docker has just started again is `reloading`: its end counts as one, too.
        """
        if time.monotonic() < self._due_at:
            return False
        before = self._total()
        states = systemd.ask(self._asked) if self._asked else {}
        for unit, exits in self._exits.items():
            if unit in states:
                self._exits[unit] = counted(exits, states[unit])
        present = time.monotonic()
        for unit, worker in self._workers.items():
            check = states.get(check_unit(worker.name))
            self._workers[unit] = looked_at(worker, states.get(unit), check, present)
        self._due_at = present + LOOK_SECONDS
        mine = (state for unit, state in states.items() if unit in self._exits)
        return any(state.active == "reloading" for state in mine) or self._total() > before

    def troubles(self) -> dict[str, str]:
        """What is missing for each worker to be well, by name; empty texts when they are."""
        present = time.monotonic()
        return {worker.name: worker.trouble(present) for worker in self._workers.values()}

    @property
    def hopeless(self) -> Exits | None:
        """A unit that will not stay up, if there is one."""
        return next((exits for exits in self._exits.values() if exits.hopeless), None)

    def last_words(self, *, of_workers: bool = False) -> str:
        """What the unit in trouble, or else the first workload, last wrote: a title, then lines.

        With `of_workers` a worker that is not well comes before the first workload.
        """
        blamed = self.hopeless or self._restless
        if of_workers and not blamed:
            return self._last_words_of_worker()
        for unit, exits in self._exits.items():
            if blamed in (None, exits):
                lines = _telling(unit, systemd.last_lines(unit))
                title = f"{exits}. " if exits.count and not exits.hopeless else ""
                return (
                    "\n".join([f"{title}Last lines of {exits.name}:", *lines]) if lines else title
                )
        return ""

    def _last_words_of_worker(self) -> str:
        """Of the first worker that is not well: what its check wrote, or itself without a check."""
        troubles = self.troubles()
        for unit, worker in self._workers.items():
            if troubles[worker.name]:
                who = f"{worker.name}'s check" if worker.threshold else worker.name
                said = check_unit(worker.name) if worker.threshold else unit
                lines = _telling(said, systemd.last_lines(said))
                return "\n".join([f"Last lines of {who}:", *lines]) if lines else ""
        return ""

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
    """Each line once: a crash loop repeats itself. Of HAProxy's, why it refused the last time."""
    if unit == HAPROXY_UNIT:
        lines = [line for line in lines if line.startswith("[ALERT]")][-2:] or lines
    return list(dict.fromkeys(reversed(lines)))[::-1]
