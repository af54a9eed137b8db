"""What a rehearsal needs beside hosts: an embedded AWS, a copy of the app, and its assembly."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from porter.aws.clients import ERRORS
from porter.errors import PorterError
from porter.rehearsal.cloud import account, cdk, docker
from porter.rehearsal.cloud.assembly import Environment, Stack, read_assembly
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.cloud.workspace import app_environment, copy_app, forget_data_keys
from porter.rehearsal.faults import Fault
from porter.rehearsal.faults.hosts import Sabotage
from porter.rehearsal.fleet.failure import RehearsalFailed
from porter.rehearsal.fleet.kinds import Kind
from porter.rehearsal.local.interruption import held_back
from porter.rehearsal.machines.leftovers import rehearsal_folder

_TICK = 0.1


class Deadline:
    """A deadline `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._at = time.monotonic() + seconds

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self._at

    def passed(
        self, seen: str = "", *, source: str = "", lines: Sequence[str] = ()
    ) -> RehearsalFailed:
        """Return the failure of a rehearsal that missed its deadline; the caller raises it.

        `seen` is what hosts report at that time.
        """
        reason = ": ".join(filter(None, (f"not finished after {self._seconds:g} s", seen)))
        return RehearsalFailed(reason, source=source, lines=lines)


class Stage:
    """A temporary folder with an embedded AWS and a copy of the app; `close` removes everything.

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
        self.emulator = Emulator(
            self.folder / "aws", self.sabotage.installed, real_names=real_names
        )
        self._cleanup.callback(self.sabotage.close)
        self._copy = self.folder / "app"
        self._environment = Environment()
        self._started = False

    def prepare(self, app: Path, deadline: Deadline) -> None:
        """Replace the copy of the app, and start the embedded AWS if it does not run yet.

        `deadline` applies to what follows. Raises `PorterError`.
        """
        self._deadline = deadline
        self._environment = Environment()
        if self._copy.exists():
            shutil.rmtree(self._copy)
        copy_app(app, self._copy)
        if not self._started:
            self._started = True
            self._cleanup.callback(self.emulator.stop)
            self.emulator.start()

    def synthesize(self, waiting: Callable[[], object]) -> list[Stack]:
        """Synthesize the app and return its stacks; meanwhile, call `waiting` ten times a second.

        An app that names an account is synthesized again, with the credentials of that account:
        only the first assembly says which account it is, and context look-ups reject any other.
        Raises `RehearsalFailed` with the CLI's last lines, and `PorterError` if the app builds
        images and Docker is missing.
        """
        failed = self._synthesize(waiting)
        stacks = self._stacks(failed)
        for stack in stacks:
            if stack.environment.account != self._environment.account:
                self._environment = stack.environment
                forget_data_keys(self._copy)
                failed = self._synthesize(waiting)
                stacks = self._stacks(failed)
                break
        if failed:
            raise failed
        if any(stack.repositories for stack in stacks):
            docker.require(os.environ)
        with self.asking():
            account.bootstrap(stacks, self.emulator.endpoint)
        return stacks

    def deploy(self) -> cdk.Cdk:
        """Start `cdk deploy`; it is ended with the stage at the latest."""
        return self._run(cdk.deploy, "deploy.log")

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
        try:
            return read_assembly(self._copy / "cdk.out", self._environment)
        except PorterError:
            raise failed or RehearsalFailed("the app synthesized no stack") from None

    def _synthesize(self, waiting: Callable[[], object]) -> RehearsalFailed | None:
        run = self._run(cdk.synth, "synth.log")
        while (code := run.wait(_TICK)) is None:
            waiting()
            self.check()
            if self._deadline.over:
                raise self._deadline.passed(source="cdk synth", lines=run.last_lines())
        if code == 0:
            return None
        return RehearsalFailed("cdk synth failed", source="cdk synth", lines=run.last_lines())

    def _run(self, command: Callable[..., cdk.Cdk], log: str) -> cdk.Cdk:
        environment = app_environment(
            os.environ, self.folder, self.emulator.endpoint, self._environment
        )
        with held_back():
            run = command(self._copy, environment, self.folder / log)
            self._cleanup.callback(run.stop)
        return run
