"""Rehearse an app, or versions of it one after the other, and leave nothing behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.faults import Fault
from porter.rehearsal.fleet.failure import RehearsalFailed
from porter.rehearsal.fleet.fleet import Fleet
from porter.rehearsal.fleet.kinds import Kind, processes
from porter.rehearsal.local import space
from porter.rehearsal.local.folder import temporary
from porter.rehearsal.local.interruption import held_back, orderly
from porter.rehearsal.story.deployment import Deployment
from porter.rehearsal.story.report import Report, Update
from porter.rehearsal.story.stage import Deadline, Stage
from porter.rehearsal.story.timeline import Timeline
from porter.rehearsal.story.version import folder_of

Announce = Callable[[str, float], None]
"""Called with a phase that is over, and the seconds it took."""

STAY_TICK = 0.5
"""Seconds between looks at the fleet of a rehearsal that stays."""


class Rehearsal:
    """An embedded AWS into which version after version is deployed, as a team would."""

    def __init__(
        self, stage: Stage, timeout: float, announce: Announce, *, keep_failed: bool = False
    ) -> None:
        self._stage = stage
        self._timeout = timeout
        self._announce = announce
        self._fleet = Fleet(stage.folder, stage.machines, stage.sabotage, keep_failed=keep_failed)
        stage.on_close(self._fleet.stop)

    def deploy(self, app: Path) -> Report:
        """Deploy the app in `app` and wait for what becomes of it.

        From the second version on the service is asked all the while. Hosts of earlier versions are
        gone when this returns, if the new one replaced them. What is wrong with the app is in the
        report; raises `PorterError` for what is wrong with this machine.
        """
        deadline, timeline = Deadline(self._timeout), Timeline(self._announce)
        return Deployment(app, self._stage, self._fleet, deadline, timeline).report()

    def update(
        self,
        app: Path,
        before: Sequence[str] = (),
        begin: Callable[[str], None] = lambda _version: None,
    ) -> Report:
        """Deploy the versions `before`, folders or git revisions, then the app in `app`.

        The first that fails is the last. `begin(version)` is called before each of several.
        """
        folders = [self.export(version, app) for version in before]
        updates: list[Update] = []
        report = None
        for name, folder in zip([*before, app.absolute().name], [*folders, app], strict=True):
            if before:
                begin(name)
            report = self.deploy(folder)
            updates.append(Update.of(name, report))
            if not report.ok:
                break
        assert report  # noqa: S101 - there is one version at least
        reason = report.reason
        if len(updates) <= len(before):
            reason = f"{updates[-1].version} failed to deploy: {reason}"
        return replace(report, reason=reason, updates=tuple(updates) if before else ())

    def stay(self) -> None:
        """Play Auto Scaling until interrupted: a host that ends is replaced.

        Raises `PorterError` when that is no longer possible.
        """
        while True:
            try:
                with self._stage.asking():
                    self._fleet.follow()
            except RehearsalFailed as failure:
                raise PorterError(failure.reason, where="porter rehearse --stay") from failure
            time.sleep(STAY_TICK)

    def export(self, version: str, app: Path) -> Path:
        """The folder of `version`: one itself, or a git revision of `app`. Raises `PorterError`."""
        return folder_of(version, app, self._stage.folder)


@contextmanager
def rehearsal(
    *,
    timeout: float = 300.0,
    announce: Announce = lambda _phase, _seconds: None,
    faults: Collection[Fault] = (),
    kind: Kind = processes,
    keep_failed: bool = False,
) -> Iterator[Rehearsal]:
    """What is deployed within the block is up until it ends.

    `timeout` is in seconds, for each version; `faults` are what to break on purpose; `kind` makes
    the machines, which stay on when they failed if `keep_failed`.
    """
    with orderly() as cleanup, space.blamed(temporary()):
        with held_back():
            stage = Stage(faults, kind)
            cleanup.callback(stage.close)
        yield Rehearsal(stage, timeout, announce, keep_failed=keep_failed)


@contextmanager
def rehearse(  # noqa: PLR0913 - the options of `porter rehearse`
    app: Path,
    *,
    before: Sequence[str] = (),
    timeout: float = 300.0,
    announce: Announce = lambda _phase, _seconds: None,
    faults: Collection[Fault] = (),
    kind: Kind = processes,
) -> Iterator[Report]:
    """Rehearse the app in `app`, and `before` it earlier versions (see `Rehearsal.update`).

    What was started is up until the block ends.
    """
    with rehearsal(timeout=timeout, announce=announce, faults=faults, kind=kind) as stage:
        yield stage.update(app, before)
