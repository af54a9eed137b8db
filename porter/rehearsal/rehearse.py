"""Rehearse an app, or several versions of it in order, and remove everything afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.cloud.assembly import Stack
from porter.rehearsal.cloud.workspace import App
from porter.rehearsal.faults import Fault
from porter.rehearsal.fleet.failure import RehearsalFailed
from porter.rehearsal.fleet.fleet import Fleet
from porter.rehearsal.fleet.kinds import Kind, processes
from porter.rehearsal.local import space
from porter.rehearsal.local.folder import temporary
from porter.rehearsal.local.interruption import held_back, orderly
from porter.rehearsal.story.deadline import Deadline
from porter.rehearsal.story.deployment import Deployment
from porter.rehearsal.story.following import Following
from porter.rehearsal.story.progress import SILENT, Progress
from porter.rehearsal.story.report import Report, Update
from porter.rehearsal.story.stage import Stage
from porter.rehearsal.story.version import folder_of
from porter.rehearsal.watch.change import Listener
from porter.rehearsal.watch.watch import Watch

__all__ = ["App", "Rehearsal", "rehearsal", "rehearse"]

STAY_TICK = 0.5
"""Seconds between looks at the fleet of a rehearsal that stays."""


class Rehearsal:
    """An embedded AWS, and a fleet of hosts that lasts from one deployed version to the next."""

    def __init__(
        self, stage: Stage, timeout: float, progress: Progress, *, keep_failed: bool = False
    ) -> None:
        self._stage = stage
        self._timeout = timeout
        self._progress = progress
        self._fleet = Fleet(
            stage.folder,
            stage.machines,
            stage.sabotage,
            stage.emulator,
            keep_failed=keep_failed,
        )
        stage.on_close(self._fleet.stop)

    def deploy(self, app: Path | App) -> Report:
        """Deploy the app in a folder, wait until its stacks are stable, and report.

        From the second version on, the service gets requests during the whole deployment. When this
        returns, hosts that the new version replaced have stopped. The report holds what is wrong
        with the app; raises `PorterError` for what is wrong with this computer.
        """
        deadline = Deadline(self._timeout)
        return Deployment(_app(app), self._stage, self._fleet, deadline, self._progress).report()

    def update(
        self,
        app: Path | App,
        before: Sequence[str] = (),
        begin: Callable[[str], None] = lambda _version: None,
    ) -> Report:
        """Deploy the versions `before`, folders or git revisions, then the app in `app`.

        The first version that fails is the last. With several versions, `begin(version)` is called
        before each. They have the app's options, but not its ready-made assembly.
        """
        last = _app(app)
        folders = [self.export(version, last.folder) for version in before]
        command = "" if last.ready else last.command
        earlier = [replace(last, folder=folder, command=command) for folder in folders]
        updates: list[Update] = []
        report = None
        names = [*before, last.folder.absolute().name]
        for name, version in zip(names, [*earlier, last], strict=True):
            if before:
                begin(name)
            report = self.deploy(version)
            updates.append(Update.of(name, report))
            if not report.ok:
                break
        assert report  # noqa: S101 - there is one version at least
        reason = report.reason
        if len(updates) <= len(before):
            reason = f"{updates[-1].version} failed to deploy: {reason}"
        return replace(report, reason=reason, updates=tuple(updates) if before else ())

    def stay(self) -> None:
        """Replace hosts that end, and say what becomes of each host, until interrupted.

        Raises `PorterError` when hosts cannot be replaced any more.
        """
        following = self._following()
        while True:
            try:
                following.look()
            except RehearsalFailed as failure:
                raise PorterError(failure.reason, where="porter rehearse --stay") from failure
            time.sleep(STAY_TICK)

    def watch(self, app: App, listener: Listener) -> Watch:
        """See what is saved of `app` from now on; `run` brings it to the hosts, after `update`."""

        def deploy(app: App, deadline: Deadline, stacks: Sequence[Stack]) -> Report:
            progress = self._progress
            return Deployment(app, self._stage, self._fleet, deadline, progress, stacks).report()

        following = self._following()
        return Watch(app, self._stage, self._fleet, following, self._timeout, deploy, listener)

    def _following(self) -> Following:
        return Following(self._stage, self._fleet, self._progress.says)

    def export(self, version: str, app: Path) -> Path:
        """Return the folder of `version`, a folder or a git revision. Raises `PorterError`."""
        return folder_of(version, app, self._stage.folder)


def _app(app: Path | App) -> App:
    return app if isinstance(app, App) else App(folder=app)


@contextmanager
def rehearsal(
    *,
    timeout: float = 300.0,
    progress: Progress = SILENT,
    faults: Collection[Fault] = (),
    kind: Kind = processes,
    keep_failed: bool = False,
) -> Iterator[Rehearsal]:
    """Open a rehearsal; what is deployed within the block runs until the block ends.

    `timeout` is in seconds, for each version. `faults` are injected. `kind` makes the machines.
    With `keep_failed`, machines of a failed version run on.
    """
    with orderly() as cleanup, space.blamed(temporary()):
        with held_back():
            stage = Stage(faults, kind)
            cleanup.callback(stage.close)
        yield Rehearsal(stage, timeout, progress, keep_failed=keep_failed)


@contextmanager
def rehearse(  # noqa: PLR0913 - the options of `porter rehearse`
    app: Path | App,
    *,
    before: Sequence[str] = (),
    timeout: float = 300.0,
    progress: Progress = SILENT,
    faults: Collection[Fault] = (),
    kind: Kind = processes,
) -> Iterator[Report]:
    """Rehearse the app in a folder, after the earlier versions `before` (see `Rehearsal.update`).

    Everything runs until the block ends.
    """
    with rehearsal(timeout=timeout, progress=progress, faults=faults, kind=kind) as stage:
        yield stage.update(app, before)
