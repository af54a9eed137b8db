"""Have root restart programs that are unhealthy for too long; each decision is an event."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from porter.aws.clock import now
from porter.daemon.events import Events
from porter.daemon.happenings import BeyondRestart, Health, HotApply, Restart
from porter.daemon.kept import keep_text
from porter.daemon.liveness import (
    FORGET_SECONDS,
    MOST_RESTARTS,
    Act,
    Liveness,
    helpless,
    looked,
    unjudged,
)
from porter.spec import Check, HealthCheck, HostSpec, Workload, check_of

ASKING_SECONDS = 5.0
"""How long a request stands. Root restarts a program once for each request (ADR 0040)."""

_log = logging.getLogger(__name__)


class Restarter:
    """Watches the programs of `spec`; `file` is what `porterd-restart.path` waits for.

    Only the gate's thread calls it, after the gate's success. porterd may restart no unit itself.
    """

    def __init__(self, spec: HostSpec, file: Path, events: Events) -> None:
        self._file = file
        self._events = events
        self._withdraws_at = float("inf")
        self._programs = {one.name: self._begun(_liveness(spec, one)) for one in spec.workloads}

    @property
    def programs(self) -> Mapping[str, Liveness]:
        """Each program by its name."""
        return dict(self._programs)

    def open(self) -> None:
        """Withdraw what an earlier porterd asked for."""
        self._file.unlink(missing_ok=True)

    def helpless(self, starts: Mapping[str, float]) -> list[str]:
        """Return the programs that restarts have not helped; `starts` is as in `look`."""
        present = time.monotonic()
        return [
            name
            for name, one in self._programs.items()
            if helpless(one, present, starts.get(name, 0.0))
        ]

    @property
    def hurries(self) -> bool:
        """Whether a program is unhealthy that a restart may still help."""
        programs = self._programs.values()
        return any(one.unhealthy_since is not None and not one.given_up for one in programs)

    def look(
        self, problems: Mapping[str, str], starts: Mapping[str, float], excused: Collection[str]
    ) -> None:
        """Decide after a check: `problems` says by name why a program is unhealthy, if it is.

        `starts` says when each program last started (monotonic seconds). A program is `excused` if
        a person stopped it, or if others caused its problem.
        """
        asked = []
        for name, problem in problems.items():
            before = self._programs.get(name)
            if before is None:
                continue
            if name in excused:
                self._programs[name] = unjudged(before)
                continue
            self._programs[name], act = looked(
                before,
                time.monotonic(),
                healthy=not problem,
                started_at=starts.get(name, 0.0),
                chance=random.random(),  # noqa: S311 - jitter, not a secret
            )
            if act is not Act.NOTHING:
                self._say(before.unhealthy_since, self._programs[name], act, problem)
            if act is Act.RESTART:
                asked.append(name)
        if asked:
            self._ask(asked)
            self._withdraws_at = time.monotonic() + ASKING_SECONDS
        elif time.monotonic() >= self._withdraws_at:
            self._file.unlink(missing_ok=True)

    def _ask(self, names: list[str]) -> None:
        """Write `names` and the time, so that each request differs from the one before."""
        text = "\n".join([f"{now():.3f}", *names, ""])
        keep_text(self._file, text, mode=0o644)  # root reads it without any capability

    def _say(self, since: float | None, one: Liveness, act: Act, problem: str) -> None:
        seconds = time.monotonic() - (since or time.monotonic())
        why = f"unhealthy for {seconds:.0f} s: {problem}"
        if act is Act.RESTART:
            attempt = one.restarts
            _log.warning("restarting %s (%d of %d): %s", one.name, attempt, MOST_RESTARTS, why)
            self._events.append(Restart(program=one.name, attempt=attempt, reason=why))
        else:
            undone = f", and {one.unanswered} that were not made" if one.unanswered else ""
            _log.error(
                "%s stays unhealthy after %d restarts%s: %s", one.name, one.restarts, undone, why
            )
            happening = BeyondRestart(program=one.name, restarts=one.restarts, reason=why)
            self._events.append(happening)

    def _begun(self, one: Liveness) -> Liveness:
        """Continue where an earlier porterd was, unless the program is healthy for long, or new."""
        restart = self._events.last(Restart.kind, program=one.name)
        if restart is None:
            return one
        beyond = self._events.last(BeyondRestart.kind, program=one.name)
        health = self._events.last(Health.kind, program=one.name)
        applied = self._events.last(HotApply.kind)
        if applied and applied["id"] > restart["id"]:
            return one
        if health and health["healthy"] and now() - health["at"] > FORGET_SECONDS:
            return one
        attempt = restart["attempt"]
        given_up = beyond is not None and beyond["id"] > restart["id"]
        return replace(one, restarts=attempt, total=attempt, given_up=given_up)


def _liveness(spec: HostSpec, workload: Workload) -> Liveness:
    check = spec.health_check if workload is spec.web else check_of(workload)
    if isinstance(check, Check):
        # A restarted worker is well after `healthy_threshold` runs; the first may be at hand.
        runs = (check.healthy_threshold + 1) * (check.interval_seconds + check.timeout_seconds)
        unhealthy, start = max(check.unhealthy_seconds, runs), HealthCheck().start_seconds
    else:  # a worker without a check: systemd says whether it is up
        check = check or HealthCheck()
        unhealthy, start = check.unhealthy_seconds, check.start_seconds
    return Liveness(name=workload.name, unhealthy_seconds=unhealthy, start_seconds=start)
