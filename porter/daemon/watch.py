"""The gate's thread: check the service, advance the gate, signal, wait; round after round."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from porter.aws.backoff import pauses
from porter.aws.clock import now
from porter.aws.metadata import Metadata
from porter.daemon.checker import check
from porter.daemon.entry import Entry
from porter.daemon.events import Events
from porter.daemon.gate import (
    Gate,
    Observation,
    Phase,
    advance,
    given_up,
    interrupted,
    next_delay,
    open_gate,
    slow_to_start,
    time_for_check,
)
from porter.daemon.journal import Journal, Record
from porter.daemon.liveness import Liveness
from porter.daemon.lock import only_one
from porter.daemon.replacer import Replacer
from porter.daemon.restarter import Restarter
from porter.daemon.settings import Settings
from porter.daemon.signaller import SEND_SECONDS, Signaller
from porter.daemon.units import HAPROXY, LOOK_SECONDS, Units
from porter.daemon.verdict import Verdict
from porter.daemon.watchdog import beat
from porter.daemon.witness import Witness

_log = logging.getLogger(__name__)

_LOCK_SECONDS = 30.0
_SLACK_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Gate, signal and workers at one instant; for each worker, by name, why it is not well.

    `restarts` counts systemd's of each program, by name, as far as systemd answered. `programs`
    says whether porterd had them restarted. `starts` says when each last started, in monotonic
    seconds, and 0 for one that is down. `beyond_help` is why this host should be replaced.
    """

    gate: Gate
    record: Record
    workers: Mapping[str, str] = field(default_factory=dict)
    restarts: Mapping[str, int] = field(default_factory=dict)
    programs: Mapping[str, Liveness] = field(default_factory=dict)
    starts: Mapping[str, float] = field(default_factory=dict)
    beyond_help: str = ""


class Watch:
    """Watches one host. Call `start` once, in the process that does the work."""

    def __init__(
        self, settings: Settings, metadata: Metadata, events: Events, verdict: Verdict
    ) -> None:
        self._settings = settings
        self._events = events
        self._verdict = verdict
        self._metadata = metadata
        self._redact = settings.redactor
        self._beat_at = self._due_at = time.monotonic()
        self._journal = Journal(settings.state_directory, settings.handle_url)
        record = self._journal.fresh()
        self.report = Report(gate=self._open(record), record=record)

    def start(self) -> None:
        """Start watching in a new thread."""
        self._expect(_LOCK_SECONDS)
        threading.Thread(target=self._run, name="gate", daemon=True).start()

    @property
    def age_seconds(self) -> float:
        """Seconds since the thread last reported that it runs."""
        return time.monotonic() - self._beat_at

    @property
    def alive(self) -> bool:
        """Whether the thread runs and is on time; porterd ends with a thread that fails."""
        return time.monotonic() <= self._due_at

    def _expect(self, seconds: float) -> None:
        """Report that the thread runs, and how many seconds the next step may take."""
        patience = seconds + _SLACK_SECONDS
        beat(patience)
        self._beat_at = time.monotonic()
        self._due_at = self._beat_at + patience

    def _run(self) -> None:
        with only_one(self._settings.runtime_directory, patience_seconds=_LOCK_SECONDS):
            self._watch()

    def _watch(self) -> None:
        units = Units(self._settings.spec)
        signaller = Signaller(self._settings, self._metadata, self._journal)
        self._restarter = Restarter(self._settings.spec, self._settings.restart_file, self._events)
        self._restarter.open()
        self._replacer = Replacer(self._settings, self._metadata, self._events)
        self._witness = Witness(self._events, self._settings.target.workload, signaller.record)
        self._entry = Entry(self._settings, self._metadata, signaller)
        gate = self._open(signaller.record)
        self.report = Report(gate=gate, record=signaller.record)
        retries = pauses()
        gate = self._listen(gate, units)  # no check counts before the owners of ports are known
        while True:
            if not self._entry.news.is_set():  # news of the load balancers are signalled first
                if gate.decided:
                    units.look()  # until then, `_rest` looks
                # A certain failure is signalled first as well.
                if not gate.cause or signaller.record.settled:
                    gate = self._check(gate, units)
            if gate.phase is Phase.FAILED and not signaller.record.reason:
                words = units.last_words(of_workers=gate.waits_for_workers)
                gate = replace(gate, last_words=words.text, last_words_of=words.of)
            # A host that leaves says nothing about its release: its programs stop on purpose.
            leaving = self._settings.drain_file.exists()
            gate = self._entry.look(gate, leaving=leaving)
            waits = leaving or self._entry.pending(gate)
            delay = next_delay(gate, now())
            if gate.phase is Phase.HEALTHY and not leaving:
                self._restart(gate, units)
                if self._restarter.hurries:
                    delay = min(delay, gate.interval_seconds)
            self._tell(gate, signaller.record, units)
            self._expect(SEND_SECONDS)
            for record in () if waits else signaller.attempt(gate):
                self._tell(gate, record, units)
            if gate.decided and not signaller.record.settled:
                delay = min(delay, gate.interval_seconds if waits else next(retries))
            gate = self._rest(gate, units, delay)

    def _restart(self, gate: Gate, units: Units) -> None:
        """Have programs restarted that are unhealthy for too long through their own fault.

        Have this host replaced if that does not help, or if the fault is not theirs and stays.
        """
        problems, excused = units.troubles(), set(units.stopped)
        not_its_fault = ""
        if (service := self._settings.target.workload) and gate.last:
            problems[service] = gate.last.problem
            if gate.last.of_others:
                excused.add(service)
                not_its_fault = gate.last.problem if HAPROXY not in units.stopped else ""
        self._restarter.look(problems, units.last_starts, excused)
        helpless = self._restarter.helpless(units.last_starts)
        self._replacer.look({name: problems.get(name, "") for name in helpless}, not_its_fault)

    def _tell(self, gate: Gate, record: Record, units: Units) -> None:
        workers = units.troubles()
        self.report = Report(
            gate=gate,
            record=record,
            workers=workers,
            restarts=units.restarts,
            programs=self._restarter.programs,
            starts=units.starts,
            beyond_help=self._replacer.reason,
        )
        self._witness.saw(gate, record, workers)

    def _rest(self, gate: Gate, units: Units, seconds: float) -> Gate:
        """Wait until the next check is due, or until the gate needs no further check."""
        self._expect(seconds)
        expires = time.monotonic() + seconds
        if gate.decided:
            hurries = self._restarter.hurries and any(units.troubles().values())
            while (left := expires - time.monotonic()) > 0:
                # A run of a worker's check that ended is seen only until the next one begins.
                if self._entry.news.wait(min(left, LOOK_SECONDS) if hurries else left):
                    break
                units.look()
            return gate
        while not (gate := self._listen(gate, units)).decided:
            left = expires - time.monotonic()
            time.sleep(max(0.0, min(left, LOOK_SECONDS)))
            if left <= LOOK_SECONDS or self._workers_are_well(gate, units):
                break
        return gate

    def _workers_are_well(self, gate: Gate, units: Units) -> bool:
        """Whether only workloads held the gate open, and all are well now: check at once."""
        held = self._verdict.held or any(units.troubles().values())
        return gate.waits_for_workers and not held

    def _listen(self, gate: Gate, units: Units) -> Gate:
        """Ask systemd which processes ended; the gate fails when a unit keeps ending."""
        ended = units.look()

        def judged(_: str) -> Gate:
            if units.hopeless:
                said = self._redact(str(units.hopeless))
                _log.warning("%s: %s", self._settings.target.service, said)
                return given_up(gate, str(units.hopeless))
            return interrupted(gate) if ended else gate

        return self._verdict.decide(gate, judged)

    def _check(self, gate: Gate, units: Units) -> Gate:
        target = self._settings.target
        timeout = time_for_check(gate, target.health_check, units.seconds_since_start, now())
        self._expect(timeout)
        if target.workload:
            seen = check(target, timeout, self._redact, units.owners)
        else:  # that this thread runs is all there is to check
            seen = Observation(at=now(), ok=True, status=None, seconds=0.0)

        def judged(held: str) -> Gate:
            missing = "; ".join(filter(None, (*units.troubles().values(), held)))
            after = advance(gate, seen, now(), missing)
            return slow_to_start(after, target.health_check, units.seconds_since_start)

        after = self._verdict.decide(gate, judged)
        if after.phase is not gate.phase:
            _log.info("%s: %s", target.service, after.phase)
        return after

    def _open(self, record: Record) -> Gate:
        """The gate as `record` left it: a recorded verdict stays."""
        gate = open_gate(
            self._settings.target.health_check,
            opened_at=record.started_at,
            timeout_seconds=self._settings.spec.timeout_seconds,
        )
        if record.state == "none":
            return gate
        healthy = record.status == "SUCCESS"
        return replace(
            gate,
            phase=Phase.HEALTHY if healthy else Phase.FAILED,
            consecutive=gate.threshold if healthy else 0,
            first_healthy_at=record.first_healthy_at,
            healthy_at=record.healthy_at,
        )
