"""Plans for files and units: write what differs, start or restart what changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from porter.host.core.facts import Facts
from porter.host.core.layout import Layout
from porter.host.core.steps import ChangeUnit, DaemonReload, RemoveFile, Steps, UnitVerb, WriteFile
from porter.host.core.unit_state import UnitState


@dataclass(frozen=True, slots=True)
class File:
    """A file with the content and mode that it should have."""

    path: PurePath
    content: bytes
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Service:
    """A unit that should run: its unit file, and the files it reads when it starts.

    `reloads` says that a changed file needs a reload only, no restart.
    """

    name: str
    unit: File
    reads: tuple[File, ...] = ()
    reloads: bool = False

    def record(self, layout: Layout) -> File:
        """Return the record that is written after the unit was started.

        If apply is interrupted between writing the files and restarting the unit, the files match
        and the record does not: the next apply restarts the unit. Mode 0600, because its digests
        cover environments.
        """
        text = f"unit {_digest(self.unit)}\nreads {_digest(*self.reads)}\n"
        return File(layout.started(self.name), text.encode(), 0o600)

    def files(self, layout: Layout) -> tuple[PurePath, ...]:
        """Return the paths that `plan_unit` and `plan_files` need to know."""
        return (self.unit.path, *(file.path for file in self.reads), self.record(layout).path)


def plan_files(files: Iterable[File], facts: Facts) -> Steps:
    """Plan to write each file that is missing or differs in content or mode."""
    return tuple(
        WriteFile(file.path, file.content, file.mode)
        for file in files
        if (found := facts.files.get(file.path)) is None
        or (found.content, found.mode) != (file.content, file.mode)
    )


def plan_unit(service: Service, facts: Facts, layout: Layout) -> Steps:
    """Plan to enable `service` and to start, restart or reload it; nothing without systemd."""
    if not facts.systemd:
        return ()
    record = service.record(layout)
    last = (facts.content(record.path) or b"").splitlines()
    now = record.content.splitlines()
    unit_is_new, reads_are_new = last[:1] != now[:1], last[1:] != now[1:]
    state = facts.units[service.name]
    enable: Steps = () if state.enabled else (ChangeUnit("enable", service.name),)
    # systemd reads a unit that it has not loaded yet when the unit starts.
    stale = state.loaded and (unit_is_new or bool(enable))
    reload_units: Steps = (DaemonReload(),) if stale else ()
    verb = _verb(service, state, unit_is_new=unit_is_new, reads_are_new=reads_are_new)
    change: Steps = (ChangeUnit(verb, service.name),) if verb else ()
    return (*enable, *reload_units, *change, *plan_files((record,), facts))


def plan_removal(unit: str, files: Iterable[PurePath], facts: Facts) -> Steps:
    """Plan to stop and disable `unit`, and to remove its `files`."""
    state = facts.units.get(unit, UnitState())
    stop: Steps = (ChangeUnit("stop", unit),) if state.runs else ()
    disable: Steps = (ChangeUnit("disable", unit),) if state.enabled else ()
    removals = tuple(RemoveFile(path) for path in files if path in facts.files)
    reload_units: Steps = (DaemonReload(),) if facts.systemd and removals else ()
    return (*stop, *disable, *removals, *reload_units)


def _verb(
    service: Service, state: UnitState, *, unit_is_new: bool, reads_are_new: bool
) -> UnitVerb | None:
    if not state.runs:
        return "start"
    if unit_is_new or (reads_are_new and not service.reloads):
        return "restart"
    return "reload" if reads_are_new else None


def _digest(*files: File) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.content).digest())
    return digest.hexdigest()
