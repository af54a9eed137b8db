"""Deploy one version of the app, and run the fleet until its stacks are stable."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from porter.aws.clients import ERRORS, Clients
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Stack
from porter.rehearsal.cloud.cdk import Cdk
from porter.rehearsal.fleet import evidence
from porter.rehearsal.fleet.failure import RehearsalFailed
from porter.rehearsal.fleet.fleet import Fleet
from porter.rehearsal.fleet.host import Host, seen_by
from porter.rehearsal.local import space
from porter.rehearsal.story.answer import Answer, ask
from porter.rehearsal.story.boot_share import boot_share
from porter.rehearsal.story.outcome import COMPLETE, Outcome, read_outcome, worst
from porter.rehearsal.story.prober import Requests, probing
from porter.rehearsal.story.progress import Progress
from porter.rehearsal.story.report import Report
from porter.rehearsal.story.stage import Deadline, Stage
from porter.rehearsal.story.timeline import Timeline, healthy_to_signal
from porter.stacks.failed_launches import FailedLaunches

TICK = 0.1
LAUNCH_LOOK = 2.0
GRACE = 5.0
SETTLE = 5.0
LEAVE = 20.0
"""Seconds: between two looks, at hosts and at failed launches; for a host whose boot failed to
signal; for the last hosts to signal; for replaced hosts to drain and stop."""


class Deployment:
    """One `cdk deploy` of the app in `app` onto `stage`, with the hosts of `fleet`."""

    def __init__(
        self, app: Path, stage: Stage, fleet: Fleet, deadline: Deadline, progress: Progress
    ) -> None:
        self._app = app
        self._stage = stage
        self._fleet = fleet
        self._deadline = deadline
        self._progress = progress
        self._timeline = Timeline(progress.over)
        self._launches: list[tuple[Clients, FailedLaunches]] = []
        self._look_due = 0.0
        self._stacks: Sequence[Stack] = ()
        self._deployed = False
        self._old_hosts = len(fleet.hosts)
        self._old_signals = len(stage.emulator.signals())

    @property
    def _hosts(self) -> list[Host]:
        """The hosts that this version started."""
        return self._fleet.hosts[self._old_hosts :]

    def report(self) -> Report:
        """Deploy, and report. Raises `PorterError` for what is wrong with this computer."""
        failed: RehearsalFailed | None = None
        stayed = [host for host in self._fleet.hosts if not host.gone]
        with probing(self._fleet.targets.urls) as requests:
            try:
                self._perform()
            except RehearsalFailed as failure:
                failed = failure
                self._look_at_launches()
        outcome = self._outcome()
        complete = outcome.status in COMPLETE or (self._deployed and not failed)
        answer = self._ask() if complete else None
        problem = failed or (None if complete else outcome)
        reason = problem.reason if problem else (answer and answer.problem) or _dropped(requests)
        ok = complete and not reason
        if not ok:
            self._timeline.fail()
        if not ok and (full := space.full(self._stage.folder.parent)):
            reason = f"{full}: {reason}"
        return Report(
            ok=ok,
            stack_status=outcome.status,
            reason=reason,
            machine=self._fleet.machines.name,
            limits=self._fleet.machines.limits,
            endpoint=self._stage.emulator.endpoint,
            url=answer.url if answer else None,
            response_status=answer.status if answer else None,
            signals=tuple(self._stage.emulator.signals()[self._old_signals :]),
            spans=tuple(self._timeline.spans()),
            healthy_to_signal=healthy_to_signal(self._hosts),
            boot_share=self._boot_share(),
            ports={host.instance_id: host.ports for host in self._hosts},
            evidence={} if ok else self._evidence(failed, requests),
            hosts_started=len(self._hosts),
            hosts_stopped=sum(host.gone for host in stayed),
            requests=requests.made,
            failed_requests=requests.failed,
        )

    def _perform(self) -> None:
        self._stage.prepare(self._app, self._deadline)
        self._fleet.open(self._stage.emulator.endpoint)
        self._timeline.end("prepare")
        self._stacks = self._stage.synthesize(lambda: self._progress.sees(""))
        self._timeline.end("synth")
        endpoint = self._stage.emulator.endpoint
        aws = {
            environment: account.clients(environment, endpoint)
            for environment in dict.fromkeys(stack.environment for stack in self._stacks)
        }
        self._fleet.watch((one.account, clients) for one, clients in aws.items())
        self._launches = [
            (aws[stack.environment], FailedLaunches(stack.name)) for stack in self._stacks
        ]
        self._look_at_launches()
        self._play(self._stage.deploy())
        if missed := self._stage.sabotage.missed():
            raise RehearsalFailed(f"the fault {missed} was never injected")

    def _play(self, cdk: Cdk) -> None:
        while cdk.exit_code() is None:
            self._look()
            time.sleep(TICK)
        ended = time.time()
        self._deployed = cdk.exit_code() == 0
        if self._deployed:
            self._look()
            self._until(lambda: all(host.signal_ended for host in self._hosts), SETTLE)
            self._timeline.end("complete" if self._hosts else "deploy", ended)
        if self._deployed or self._old_hosts:
            self._until(self._fleet.settled, LEAVE)
        self._stage.check()
        if not self._deployed and not self._outcome().reason:
            raise RehearsalFailed("cdk deploy failed", source="cdk deploy", lines=cdk.last_lines())

    def _until(self, done: Callable[[], bool], seconds: float) -> None:
        """Follow the fleet until `done`, at most for `seconds`, so that the report is complete."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not done():
            time.sleep(TICK)
            self._look()

    def _look(self) -> None:
        if self._deadline.over:
            raise self._deadline.passed(seen_by(self._hosts))
        with self._stage.asking():
            self._fleet.follow()
        self._fleet.observe()
        if time.monotonic() >= self._look_due:
            self._look_at_launches()
        self._progress.sees(seen_by(self._hosts))
        for host in self._hosts:
            self._stage.sabotage.during(host.instance_id, host.service, host.machine)
        self._timeline.observe(self._hosts)
        signalled = {signal.unique_id for signal in self._stage.emulator.signals()}
        for host in self._hosts:
            if not host.gone and host.gave_up(GRACE) and host.instance_id not in signalled:
                raise RehearsalFailed(f"{host.instance_id} failed to boot and sent no signal")

    def _look_at_launches(self) -> None:
        """Say what failed, as `porter deploy` does. Errors of AWS are `follow`'s to report."""
        self._look_due = time.monotonic() + LAUNCH_LOOK
        if not self._stage.emulator.alive():
            return
        for aws, launches in self._launches:
            with suppress(*ERRORS):
                for line in launches.look(aws):
                    self._progress.says(line)

    def _ask(self) -> Answer | None:
        return ask(self._fleet.targets.urls, [host for host in self._fleet.hosts if not host.gone])

    def _outcome(self) -> Outcome:
        if not self._stacks or not self._stage.emulator.alive():
            status = "UNKNOWN" if self._stacks else "NOT_CREATED"
            return Outcome(name="", status=status, reason="")
        endpoint = self._stage.emulator.endpoint
        try:
            return worst(
                read_outcome(account.clients(stack.environment, endpoint), stack.name)
                for stack in self._stacks
            )
        except ERRORS as error:
            return Outcome(
                name="", status="UNKNOWN", reason=f"the embedded AWS rejected a request: {error}"
            )

    def _boot_share(self) -> float | None:
        shares = [boot_share(host.machine.root) for host in self._hosts if not host.gone]
        return max((share for share in shares if share is not None), default=None)

    def _evidence(
        self, failed: RehearsalFailed | None, requests: Requests
    ) -> Mapping[str, Sequence[str]]:
        return {
            **evidence.collect(self._hosts),
            **(failed.evidence if failed else {}),
            "failed requests": requests.failures,
        }


def _dropped(requests: Requests) -> str:
    if not requests.failed:
        return ""
    return f"{requests.failed} of {requests.made} requests failed during the update"
