"""Watch an app's files, and bring each save to the running hosts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from porter.errors import PorterError
from porter.packing import recipe
from porter.packing.recipe import Recipe
from porter.rehearsal.cloud.assembly import Environment, Stack
from porter.rehearsal.cloud.environment import app_environment, recipes_folder
from porter.rehearsal.cloud.workspace import App
from porter.rehearsal.fleet.failure import RehearsalFailed
from porter.rehearsal.fleet.fleet import Fleet
from porter.rehearsal.fleet.host import Host
from porter.rehearsal.story.deadline import Deadline
from porter.rehearsal.story.following import Following
from porter.rehearsal.story.report import Report
from porter.rehearsal.story.stage import Stage
from porter.rehearsal.story.unfinished import roll_back, unfinished
from porter.rehearsal.watch.change import LAST_FAILED, NOTHING_YET, Action, Listener
from porter.rehearsal.watch.difference import Blueprint, blueprint, difference
from porter.rehearsal.watch.packer import NotPacked, Repacked, pack
from porter.rehearsal.watch.payloads import PATIENCE, Applied, Payloads, refusals
from porter.rehearsal.watch.save import Save
from porter.rehearsal.watch.saves import Saves
from porter.rehearsal.watch.sources import SavedFiles
from porter.rehearsal.watch.synthesized import synthesized

TICK = 0.05
FOLLOW_TICK = 0.5
"""Seconds between two looks at files, and between two looks at the fleet."""

_LINES = 15

Deploy = Callable[[App, Deadline, Sequence[Stack]], Report]
"""Deploys the stacks that the stage has synthesized."""


class HostsLostError(PorterError):
    """Hosts cannot be replaced any more."""


class Watch:
    """Sees what is saved of `app` from now on; `run` brings it to the hosts in `fleet`.

    `stage` synthesizes it, and `following` follows the fleet between two deployments.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what runs, and how changes are reported
        self,
        app: App,
        stage: Stage,
        fleet: Fleet,
        following: Following,
        timeout: float,
        deploy: Deploy,
        listener: Listener,
    ) -> None:
        self._app = app
        self._stage = stage
        self._fleet = fleet
        self._following = following
        self._timeout = timeout
        self._deploy = deploy
        self._listener = listener
        self._folder = stage.folder / "watch"
        self._folder.mkdir()
        self._payloads = Payloads(fleet, self._folder)
        self._began = time.time_ns()
        self._saves = Saves(app.folder)
        self._saves.follow((), self._began)
        self._deployed: Blueprint = {}
        self._doubt = NOTHING_YET
        self._unsynthesized = True
        self._action = Action.SYNTHESIS
        self._follow_due = 0.0

    def run(self, report: Report) -> NoReturn:
        """Watch until interrupted; `report` is that of the deployment. Raises `HostsLostError`."""
        self._adopt(report)
        while True:
            self._beat()
            if self._saves.settled:
                self._work()
            elif not self._saves.some and (late := self._payloads.behind()):
                self._apply(Save(time.monotonic(), SavedFiles(), self._app.folder), late)

    def _adopt(self, report: Report) -> None:
        """Take what was deployed as what runs, if it was deployed; else let it roll back."""
        self._unsynthesized = not report.deployed
        self._following.catch_up()
        recipes = self._recipes()
        if report.deployed:
            self._doubt, self._deployed = "", blueprint(self._stage.assembly)
            self._payloads.deployed(recipes, self._stage.stacks)
        else:
            with self._asking():
                roll_back(unfinished(self._fleet.environments.values()))
        self._saves.follow(recipes, self._began)

    def _recipes(self) -> list[Recipe]:
        """Return how each payload of the last synthesis was packed."""
        return recipe.latest(recipes_folder(self._stage.folder))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Turn a failure within the block into `HostsLostError`."""
        try:
            with self._stage.asking():
                yield
        except RehearsalFailed as failure:
            raise HostsLostError(failure.reason, where="porter rehearse --watch") from failure

    def _beat(self) -> None:
        """Look at files and fleet, and rest."""
        self._saves.look()
        now = time.monotonic()
        if now >= self._follow_due:
            self._follow_due = now + FOLLOW_TICK
            with self._asking():
                self._following.look()
        time.sleep(TICK)

    def _work(self) -> None:
        """Bring what was saved to the hosts, and say how that went."""
        work = self._saves.take()
        self._action = Action.SYNTHESIS
        try:
            if self._unsynthesized or work.files.others:
                self._synthesize(work)
            else:
                self._repack(work)
        except NotPacked as failure:
            if failure.again and self._saves.put_back(work):
                return
            self._listener.ended(work.failed(Action.HOT_APPLY, failure.reason))
        except RehearsalFailed as failure:
            lines = [line for said in failure.evidence.values() for line in said]
            self._listener.ended(work.failed(self._action, failure.reason, lines[-_LINES:]))
        except HostsLostError:
            raise
        except PorterError as error:
            self._listener.ended(work.failed(self._action, str(error)))
        finally:
            self._stage.unload()

    def _repack(self, work: Save) -> None:
        environment = app_environment(
            os.environ, self._stage.folder, self._stage.emulator.endpoint, Environment()
        )
        packed = pack(work.files.recipes, self._folder / "packed", environment, self._beat)
        pairs = self._payloads.lacking(packed)
        refused = refusals(pairs, moves_ports=self._fleet.machines.moves_ports)
        if refused or not self._payloads.serve(packed):
            self._synthesize(work)
        else:
            self._give(work, packed)

    def _synthesize(self, work: Save) -> None:
        self._unsynthesized = True
        self._listener.says(f"{work.title}: synthesis")
        deadline = Deadline(self._timeout)
        self._began = time.time_ns()
        try:
            self._stage.prepare(self._app, deadline)
            stacks = self._stage.synthesize(self._beat)
            packed = synthesized(self._stage.assembly, self._recipes(), self._folder)
            why = self._doubt or difference(self._deployed, blueprint(self._stage.assembly))
            pairs = self._payloads.lacking(packed)
            why = why or refusals(pairs, moves_ports=self._fleet.machines.moves_ports)
            self._validate(deadline)
        finally:
            self._saves.synthesized()
        self._saves.follow(self._recipes(), self._began)
        if why:
            self._deploy_all(work, stacks, packed, deadline, why)
        else:
            self._give(work, packed)
            self._unsynthesized = False

    def _validate(self, deadline: Deadline) -> None:
        """Wait for the CDK's validator. Raises `RehearsalFailed` if it refuses, or is too slow."""
        while not self._stage.validated():
            self._beat()
            if deadline.over:
                raise deadline.passed(source="cdk synth")

    def _deploy_all(
        self,
        work: Save,
        stacks: Sequence[Stack],
        packed: Sequence[Repacked],
        deadline: Deadline,
        why: str,
    ) -> None:
        self._action, self._doubt = Action.DEPLOYMENT, self._doubt or LAST_FAILED
        self._listener.begins(f"{work.title}: deployment, because {why}")
        report = self._deploy(self._app, deadline, stacks)
        self._adopt(report)
        if report.deployed:
            # A host whose stack did not change runs on, maybe with what a save changed before.
            self._payloads.want(packed)
        for service in report.services:
            if service.url:
                self._listener.says(f"{service.name}: {service.url}")
        lines = [line for said in report.evidence.values() for line in said]
        hosts = [host for host in self._fleet.serving() if host.signalled_at]
        self._listener.ended(
            work.ended(
                Action.DEPLOYMENT,
                hosts=hosts if report.deployed else (),
                why=why,
                reason=report.reason,
                lines=lines[-_LINES:],
            )
        )

    def _give(self, work: Save, packed: Sequence[Repacked]) -> None:
        """Let the hosts have these payloads by hot applies."""
        hosts = self._payloads.want(packed)
        if not hosts:
            self._listener.ended(work.ended(Action.NOTHING))
            return
        self._apply(work, hosts)

    def _apply(self, work: Save, hosts: Sequence[Host]) -> None:
        said = False

        def hurry(seconds: float) -> bool:
            nonlocal said
            if seconds > PATIENCE and not said:
                said = True
                what = "the old version serves until the new one is healthy"
                self._listener.says(f"{work.title}: {what}")
            return self._saves.some and seconds > PATIENCE

        try:
            with self._stage.asking():
                applied = self._payloads.apply(hosts, self._beat, hurry)
        except RehearsalFailed as failure:
            applied = Applied(reasons=(failure.reason,))
        reason = "\n".join(applied.reasons)
        self._listener.ended(work.ended(Action.HOT_APPLY, hosts=applied.hosts, reason=reason))
