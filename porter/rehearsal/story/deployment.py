"""Deploy one version of the app, and run the fleet until its stacks are stable."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from porter.aws.clients import ERRORS, Clients
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment, Stack
from porter.rehearsal.cloud.cdk import Cdk
from porter.rehearsal.cloud.workspace import App
from porter.rehearsal.fleet import evidence, network_acls
from porter.rehearsal.fleet.failure import RehearsalFailed
from porter.rehearsal.fleet.fleet import Fleet
from porter.rehearsal.fleet.host import Host, last_check, seen_by
from porter.rehearsal.local import space
from porter.rehearsal.story import moved_port, not_installed
from porter.rehearsal.story.answer import services
from porter.rehearsal.story.boot_share import largest
from porter.rehearsal.story.deadline import Deadline
from porter.rehearsal.story.not_exercised import not_exercised
from porter.rehearsal.story.outcome import COMPLETE, NOT_CREATED, Outcome, read_outcome, worst
from porter.rehearsal.story.prober import Requests, probing
from porter.rehearsal.story.progress import Progress
from porter.rehearsal.story.report import Report, Service
from porter.rehearsal.story.stage import Stage
from porter.rehearsal.story.timeline import Timeline, healthy_to_signal
from porter.rehearsal.story.unfinished import end_unfinished
from porter.rehearsal.story.waiting import Waiting, waiting_for
from porter.stacks.failed_launches import FailedLaunches

TICK = 0.1
LAUNCH_LOOK = 2.0
GRACE = 5.0
SETTLE = 5.0
LEAVE = 20.0
"""Seconds: between two looks, at hosts and at failed launches; for a host whose boot failed to
signal; for the last hosts to signal; for replaced hosts to drain and stop."""


class Deployment:
    """One `cdk deploy` of `app` onto `stage`, with the hosts of `fleet`.

    The stage has synthesized the `stacks` already, or synthesizes the app first.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what, where, how long
        self,
        app: App,
        stage: Stage,
        fleet: Fleet,
        deadline: Deadline,
        progress: Progress,
        stacks: Sequence[Stack] = (),
    ) -> None:
        self._app = app
        self._stage = stage
        self._fleet = fleet
        self._deadline = deadline
        self._progress = progress
        self._timeline = Timeline(progress.over)
        self._launches: list[tuple[Clients, FailedLaunches]] = []
        self._deployed, self._look_due = False, 0.0
        self._waiting: list[Waiting] = []
        self._stacks = stacks
        self._created: Sequence[str] = ()
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
        with probing(self._fleet.targets.urls if stayed else []) as requests:  # else none serves
            try:
                self._perform()
            except RehearsalFailed as failure:
                failed = failure
                self._look_at_launches()
        outcome = self._outcome()
        complete = outcome.status in COMPLETE or (self._deployed and not failed)
        found = self._services(ask=complete)
        first = next((one for one in found if one.problem), next(iter(found), None))
        problem = failed or (None if complete else outcome)
        reason = problem.reason if problem else (first and first.problem) or requests.dropped
        if complete and not reason:
            reason = network_acls.refused(self._fleet.environments.values())
        ok = complete and not reason
        reason += moved_port.explanation(reason, self._hosts)
        reason += not_installed.explanation(reason, self._hosts)
        if not ok:
            self._timeline.fail()
        if not ok and (full := space.full(self._stage.folder.parent)):
            reason = f"{full}: {reason}"
        return Report(
            ok=ok,
            stack_status=outcome.status,
            reason=reason,
            machine=self._fleet.machines.name,
            endpoint=self._stage.emulator.endpoint,
            url=first.url if first and complete else None,
            response_status=first.status if first else None,
            signals=tuple(self._stage.emulator.signals()[self._old_signals :]),
            spans=tuple(self._timeline.spans()),
            healthy_to_signal=healthy_to_signal(self._hosts),
            boot_share=largest(host.machine.root for host in self._hosts if not host.gone),
            services=tuple(found),
            waiting=() if ok else tuple(one.sentence() for one in self._waiting),
            last_check="" if ok else last_check(self._hosts),
            credentials=account.variables(
                self._stacks[0].environment if self._stacks else Environment(),
                self._stage.emulator.endpoint,
            ),
            evidence={} if ok else self._evidence(failed, requests),
            deployed=self._deployed,
            payloads=self._stage.payloads(self._created),
            hosts_started=len(self._hosts),
            hosts_stopped=sum(host.gone for host in stayed),
            requests=requests.made,
            failed_requests=requests.failed,
            listeners=self._fleet.targets.fronts.urls,
            not_exercised=not_exercised(self._stage, self._fleet),
        )

    def _perform(self) -> None:
        if not self._stacks:
            self._stage.prepare(self._app, self._deadline)
            self._fleet.open(self._stage.emulator.endpoint)
            self._timeline.end("prepare")
            self._stacks = self._stage.synthesize(lambda: self._progress.sees(""))
            self._timeline.end("synth")
        aws = {
            environment: account.clients(environment, self._stage.emulator.endpoint)
            for environment in dict.fromkeys(stack.environment for stack in self._stacks)
        }
        self._fleet.watch((one.account, clients) for one, clients in aws.items())
        self._launches = [(aws[one.environment], FailedLaunches(one.name)) for one in self._stacks]
        self._look_at_launches()
        with self._stage.asking():
            end_unfinished(aws.values(), self._follow, self._progress.says)
        self._old_hosts = len(self._fleet.hosts)
        run = self._stage.deploy()
        try:
            self._play(run)
        finally:
            run.stop()
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
        while not self._stage.validated():
            self._look()
            time.sleep(TICK)
        self._stage.check()
        if not self._deployed and not self._outcome().reason:
            raise self._stage.failed("cdk deploy", cdk)

    def _until(self, done: Callable[[], bool], seconds: float) -> None:
        """Follow the fleet until `done`, at most for `seconds`, so that the report is complete."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not done():
            time.sleep(TICK)
            self._look()

    def _follow(self) -> None:
        if self._deadline.over:
            raise self._deadline.passed(self._seen())
        self._stage.validated()
        with self._stage.asking():
            self._fleet.follow()
        self._fleet.observe()
        if time.monotonic() >= self._look_due:
            self._look_at_launches()
        self._progress.sees(self._seen())

    def _look(self) -> None:
        self._follow()
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
        with suppress(*ERRORS):
            self._waiting = waiting_for(self._in_aws(), hosts=bool(self._hosts))

    def _in_aws(self) -> list[tuple[Clients, str]]:
        return [(aws, launches.stack) for aws, launches in self._launches]

    def _seen(self) -> str:
        """Return what the host that is waited for reports, and which resources take long."""
        sentences = [one.sentence() for one in self._waiting]
        return "; ".join(filter(None, [seen_by(self._hosts), *sentences]))

    def _services(self, *, ask: bool) -> list[Service]:
        """Return the services of the hosts that this version started or that still run."""
        old = [host for host in self._fleet.hosts[: self._old_hosts] if not host.gone]
        return services([*old, *self._hosts], self._fleet.targets.urls_of, ask=ask)

    def _outcome(self) -> Outcome:
        if not self._stacks or not self._stage.emulator.alive():
            status = "UNKNOWN" if self._stacks else NOT_CREATED
            return Outcome(name="", status=status, reason="")
        try:
            outcomes = [read_outcome(aws, stack) for aws, stack in self._in_aws()]
        except ERRORS as error:
            reason = f"the embedded AWS rejected a request: {error}"
            return Outcome(name="", status="UNKNOWN", reason=reason)
        # Stacks that are not selected do not exist.
        pairs = zip(self._stacks, outcomes, strict=False)
        self._created = [stack.id for stack, one in pairs if one.status != NOT_CREATED]
        return worst([one for one in outcomes if one.status != NOT_CREATED] or outcomes)

    def _evidence(
        self, failed: RehearsalFailed | None, requests: Requests
    ) -> Mapping[str, Sequence[str]]:
        return {
            **evidence.collect(self._hosts),
            **(failed.evidence if failed else {}),
            "failed requests": requests.failures,
        }
