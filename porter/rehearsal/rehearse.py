"""Run one rehearsal from an app's folder to a report, and leave nothing behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from porter.aws.clients import ERRORS
from porter.rehearsal import account, evidence
from porter.rehearsal.answer import ask
from porter.rehearsal.assembly import Stack
from porter.rehearsal.cdk import Cdk
from porter.rehearsal.failure import RehearsalFailed
from porter.rehearsal.faults import Fault
from porter.rehearsal.fleet import Fleet
from porter.rehearsal.interruption import undisturbed
from porter.rehearsal.outcome import COMPLETE, Outcome, read_outcome, worst
from porter.rehearsal.report import Report
from porter.rehearsal.stage import Deadline, Stage
from porter.rehearsal.timeline import Timeline, healthy_to_signal

TICK = 0.1
GRACE = 5.0
SETTLE = 5.0
"""Seconds between looks; for a failed boot to be told; for the last hosts to signal."""

Announce = Callable[[str, float], None]


@contextmanager
def rehearse(
    app: Path,
    *,
    timeout: float = 300.0,
    announce: Announce = lambda _phase, _seconds: None,
    faults: Collection[Fault] = (),
) -> Iterator[Report]:
    """Rehearse the app in `app`; what was started is up until the block ends.

    `timeout` is in seconds. `announce(phase, seconds)` is called when a phase is over; `faults`
    are what to break on purpose. What is wrong with the app is in the report; raises `PorterError`
    for what is wrong with this machine.
    """
    deadline = Deadline(timeout)
    timeline = Timeline(announce)
    stage = Stage(app, deadline, faults)
    try:
        run = Rehearsal(stage, deadline, timeline)
        yield run.report()
    finally:
        with undisturbed():
            stage.close()


class Rehearsal:
    """The run itself: deploy, and play the fleet until the stacks are complete or have failed."""

    def __init__(self, stage: Stage, deadline: Deadline, timeline: Timeline) -> None:
        self._stage = stage
        self._deadline = deadline
        self._timeline = timeline
        self._stacks: Sequence[Stack] = ()
        self._fleet = Fleet((), stage.folder, "")

    def report(self) -> Report:
        """Do it, and tell. Raises `PorterError` for what is wrong with this machine."""
        failed: RehearsalFailed | None = None
        try:
            self._perform()
        except RehearsalFailed as failure:
            failed = failure
        outcome = self._outcome()
        complete = outcome.status == COMPLETE
        answer = ask(host.url for host in self._fleet.hosts if host.url) if complete else None
        reason = (failed or outcome).reason or (answer.problem if answer else "")
        ok = complete and not reason
        return Report(
            ok=ok,
            stack_status=outcome.status,
            reason=reason,
            machine="process",
            endpoint=self._stage.emulator.endpoint,
            url=answer.url if answer else None,
            response_status=answer.status if answer else None,
            signals=tuple(self._stage.emulator.signals()),
            spans=tuple(self._timeline.spans()),
            healthy_to_signal=healthy_to_signal(self._fleet.hosts),
            ports={host.instance_id: host.ports for host in self._fleet.hosts},
            evidence={} if ok else self._evidence(failed),
        )

    def _perform(self) -> None:
        self._stage.prepare()
        self._timeline.end("prepare")
        self._stacks = self._stage.synthesize()
        self._timeline.end("synth")
        endpoint = self._stage.emulator.endpoint
        environments = dict.fromkeys(stack.environment for stack in self._stacks)
        self._fleet = Fleet(
            ((one.account, account.clients(one, endpoint)) for one in environments),
            self._stage.folder,
            endpoint,
            self._stage.sabotage,
        )
        self._stage.on_close(self._fleet.stop)
        self._play(self._stage.deploy())
        if missed := self._stage.sabotage.missed():
            raise RehearsalFailed(f"the fault {missed} never had its moment")

    def _play(self, cdk: Cdk) -> None:
        while cdk.exit_code() is None:
            self._look()
            time.sleep(TICK)
        ended = time.time()
        if cdk.exit_code() == 0:
            self._settle()
            self._timeline.end("complete" if self._fleet.hosts else "deploy", ended)
        elif not self._outcome().reason:
            raise RehearsalFailed("cdk deploy failed", source="cdk deploy", lines=cdk.last_lines())

    def _settle(self) -> None:
        """Let hosts the stack did not wait for signal too, so that the report is whole."""
        end = time.monotonic() + SETTLE
        self._look()
        while time.monotonic() < end and not all(h.signalled_at for h in self._fleet.hosts):
            time.sleep(TICK)
            self._look()

    def _look(self) -> None:
        self._deadline.remaining()
        try:
            self._fleet.launch_wanted()
        except ERRORS as error:
            alive = self._stage.emulator.alive()
            reason = f"the embedded AWS refused: {error}" if alive else "the embedded AWS died"
            raise RehearsalFailed(reason) from error
        self._fleet.observe()
        self._stage.sabotage.during(self._fleet.hosts)
        self._timeline.observe(self._fleet.hosts)
        signalled = {signal.unique_id for signal in self._stage.emulator.signals()}
        for host in self._fleet.hosts:
            if host.gave_up(GRACE) and host.instance_id not in signalled:
                raise RehearsalFailed(f"{host.instance_id} failed to boot and told nobody")

    def _outcome(self) -> Outcome:
        if not self._stacks or not self._stage.emulator.alive():
            status = "UNKNOWN" if self._stacks else "NOT_CREATED"
            return Outcome(name="", status=status, reason="")
        endpoint = self._stage.emulator.endpoint
        return worst(
            read_outcome(account.clients(stack.environment, endpoint), stack.name)
            for stack in self._stacks
        )

    def _evidence(self, failed: RehearsalFailed | None) -> Mapping[str, Sequence[str]]:
        return {**evidence.collect(self._fleet.hosts), **(failed.evidence if failed else {})}
