"""What a rehearsal needs beside hosts: an embedded AWS, and the app's assembly."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from porter.aws.clients import ERRORS
from porter.build import assets
from porter.build.assets import Payload
from porter.errors import PorterError
from porter.rehearsal.cloud import (
    account,
    cdk,
    docker,
    lookups,
    sealed,
    taken,
)
from porter.rehearsal.cloud.assembly import Environment, Stack, missing, read_assembly
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.cloud.environment import forget_recipes
from porter.rehearsal.cloud.loaded import Loaded
from porter.rehearsal.cloud.workspace import App, Workspace
from porter.rehearsal.faults import Fault
from porter.rehearsal.faults.hosts import Sabotage
from porter.rehearsal.fleet.failure import RehearsalFailed
from porter.rehearsal.fleet.kinds import Kind
from porter.rehearsal.local.interruption import held_back
from porter.rehearsal.machines.leftovers import rehearsal_folder
from porter.rehearsal.story.deadline import Deadline

_TICK = 0.02
_NO_STACK = "No stacks match the name(s)"
"""How the CLI begins its message."""


class Stage:
    """A temporary folder with an embedded AWS and a workspace; `close` removes everything.

    `kind` makes the machines, given the folder and the faults to inject.
    """

    def __init__(self, faults: Collection[Fault], kind: Kind) -> None:
        self._deadline = Deadline(0)
        self._cleanup = ExitStack()
        with held_back():
            self.folder = self._cleanup.enter_context(rehearsal_folder())
            self.machines = kind(self.folder, faults)
        # Machines in a network of their own resolve AWS's host names.
        real_names = self.machines.namespace is not None
        self.sabotage = Sabotage(faults)
        aws = self.folder / "aws"
        self.emulator = Emulator(aws, self.sabotage.installed, real_names=real_names)
        self._cleanup.callback(self.sabotage.close)
        self._environment = Environment()
        self._workspace: Workspace
        self._cli = Loaded(self.folder, lambda: self.emulator.endpoint, self.on_close)
        self._synthesis: cdk.Cdk | None = None
        self._begun = self._started = False
        self.answers: Mapping[str, object] = {}  # stand-ins, by the key of their lookup
        self.existing: Mapping[str, str] = {}  # the kinds of what was made, by id
        self.stacks: list[Stack] = []  # of the last synthesis

    @property
    def assembly(self) -> Path:
        """The assembly of the version that was prepared last."""
        return self._workspace.assembly

    def prepare(self, app: App, deadline: Deadline) -> None:
        """Replace the workspace, start the embedded AWS if it does not run, begin to synthesize.

        `deadline` applies to what follows. Raises `PorterError`.
        """
        self._deadline = deadline
        self._environment = Environment()
        self.answers, self.existing = {}, {}
        self._cli.drop()
        if self._synthesis:
            self._synthesis.stop()
        folder = self.folder / "app"
        forget_recipes(self.folder)
        if folder.exists():
            shutil.rmtree(folder)
        self._workspace = Workspace(folder, app)
        self._synthesis = None
        if self._workspace.ready and not app.stacks:  # only cdk knows which ones are selected
            sealed.refuse(self.assembly)
        starts, self._started = not self._started, True
        if starts:
            self._cleanup.callback(self.emulator.stop)
            self.emulator.launch()
        self._begun = not self._workspace.ready
        first = "synth" if self._begun else "deploy"
        self._cli.load(first, self._workspace, self._environment)
        if starts:
            self.emulator.wait()
        if self._begun:
            self._synthesis = self._begin("synth")

    def synthesize(self, waiting: Callable[[], object]) -> list[Stack]:
        """Synthesize the app and return its stacks; meanwhile, call `waiting` every 0.02 seconds.

        The app is synthesized again while values for its lookups are missing, and if it names an
        account: only the first assembly says which one, and the CLI's credentials must be its.
        Returns once the assembly is complete; the CDK's template validator runs beside what follows
        (`check`, `validated`).
        Raises `RehearsalFailed` with the CLI's last lines, and `PorterError` if the app builds
        images and Docker is missing.
        """
        failed = self._synthesize(waiting)
        stacks = self._stacks(failed)
        foreign = [
            one.environment
            for one in stacks
            if one.environment.account != self._environment.account
        ]
        asked = missing(self.assembly)
        if foreign:
            self._environment = foreign[0]
            stacks = self._stacks(failed)
        while (foreign or asked) and not self._workspace.ready:
            self.answers = lookups.values(asked)
            self._workspace.answer(self.answers)
            unanswered = any(one["key"] not in self.answers for one in asked)
            failed = self._synthesize(waiting, lookups=unanswered)
            stacks = self._stacks(failed)
            # One lookup may use the value of another: a parameter with the id of a VPC.
            foreign, new = [], [one for one in missing(self.assembly) if one not in asked]
            asked = [*asked, *new] if new else []
        if failed:
            raise failed
        # Only cdk knows which stacks are selected.
        if not self._workspace.app.stacks and any(stack.repositories for stack in stacks):
            docker.require(os.environ)
        return stacks

    def payloads(self, stacks: Collection[str]) -> tuple[Payload, ...]:
        """Return what hosts of `stacks`, by id, fetch; nothing if the assembly is incomplete."""
        with suppress(FileNotFoundError):
            found = assets.payloads(self.assembly)
            return tuple(one for one in found if one.stack in stacks)
        return ()

    def validated(self) -> bool:
        """Whether the CDK has validated the templates. Raises `RehearsalFailed` if it refused."""
        if self._synthesis is None:
            return True
        code = self._synthesis.exit_code()
        if code is None:
            return False
        self._synthesis.stop()
        if code:
            raise self.failed("cdk synth", self._synthesis)
        return True

    def unload(self) -> None:
        """End the `cdk deploy` that was loaded, and is not needed."""
        self._cli.drop()

    def deploy(self) -> cdk.Cdk:
        """Start `cdk deploy`; it is ended with the stage at the latest."""
        self._workspace.open()
        return self._begin("deploy")

    def failed(self, command: str, run: cdk.Cdk) -> RehearsalFailed:
        """Return the failure of `command`. Raises `PorterError` if no stack has a given name."""
        lines = run.last_lines()
        for line in lines:
            if line.startswith(_NO_STACK):
                there = read_assembly(self.assembly, self._environment)
                names = ", ".join(stack.id for stack in there)
                raise PorterError(line, where="porter rehearse", cure=f"use one of: {names}")
        return RehearsalFailed(f"{command} failed", source=command, lines=lines)

    def check(self) -> None:
        """Raise `RehearsalFailed` if the embedded AWS has died."""
        if not self.emulator.alive():
            raise RehearsalFailed("the embedded AWS died")

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Turn errors of the embedded AWS within the block into `RehearsalFailed`."""
        self.check()
        try:
            yield
        except ERRORS as error:
            self.check()
            raise RehearsalFailed(f"the embedded AWS rejected a request: {error}") from error

    def close(self) -> None:
        """End every process that was started, and remove every file."""
        self._cleanup.close()

    def on_close(self, callback: Callable[[], object]) -> None:
        """Call `callback` when the stage closes, before what was registered earlier."""
        self._cleanup.callback(callback)

    def _stacks(self, failed: RehearsalFailed | None) -> list[Stack]:
        """Return the stacks of the assembly; bootstrap their accounts, and make what exists."""
        try:
            stacks = read_assembly(self.assembly, self._environment)
        except PorterError:
            raise failed or RehearsalFailed("the app synthesized no stack") from None
        self.stacks = stacks
        with self.asking():
            account.bootstrap(stacks, self.emulator.endpoint)
            context = self._workspace.context()
            self.existing = taken.make(self.emulator, self.assembly, self._environment, context)
        return stacks

    def _synthesize(
        self, waiting: Callable[[], object], *, lookups: bool = False
    ) -> RehearsalFailed | None:
        if self._workspace.ready:
            return None
        run = self._synthesis
        if run is None or not self._begun:
            if run:
                run.stop()
            self._workspace.begin()
            forget_recipes(self.folder)
            run = self._begin("lookups" if lookups else "synth")
        self._begun = False
        # Meanwhile the app keeps one core, so what the deployment needs is loaded on the other.
        self._cli.load("deploy", self._workspace, self._environment)
        account.load(self._environment, self.emulator.endpoint)
        # With lookups, the CLI may run the app again.
        while (code := run.wait(_TICK)) is None and (lookups or not self._workspace.synthesized()):
            waiting()
            self.check()
            if self._deadline.over:
                run.stop()
                raise self._deadline.passed(source="cdk synth", lines=run.last_lines())
        if code is None:
            run.stand_back()  # the CDK's template validator takes 2 s of a core
        else:
            run.stop()
        self._synthesis = None if code else run
        return self.failed("cdk synth", run) if code else None

    def _begin(self, name: str) -> cdk.Cdk:
        return self._cli.begin(name, self._workspace, self._environment)
