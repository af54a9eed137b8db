"""The step that installs security updates. If it fails, the host goes on without them."""

from __future__ import annotations

import logging
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from porter.errors import PorterError
from porter.host.core.apply_log import ApplyLog
from porter.host.core.machine import Machine
from porter.host.core.package_lists import note_refreshed
from porter.host.core.process import Result
from porter.host.system.amazon_release import newest
from porter.host.system.security_updates import Updates

INSTALL_SECONDS = 300.0
"""Deadline of the installation, after all downloads: to interrupt it does harm."""

_LAST_CHARACTERS = 300
_LEAST_SECONDS = 1.0
"""Time for downloads, even if the mirrors' lists took all the time."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class InstallUpdates:
    """Install security `updates`, with `seconds` for the mirrors, then write `record`.

    A failure is logged and does not fail the apply.
    """

    updates: Updates
    seconds: int
    record: PurePath

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return f"install security updates with {self.updates.manager.program}"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        updates = self.updates
        runs = (updates.refresh, updates.fetch, updates.install)
        program = self.updates.manager.program
        return {
            "step": "install-updates",
            "runs": [[program, *run] for run in runs if run],
            "seconds": self.seconds,
        }

    def perform(self, machine: Machine) -> None:
        """Perform the step. A failure goes to standard error and to the apply log."""
        updates, end = self.updates, time.monotonic() + self.seconds
        stale = _refresh(updates, machine, self.seconds)
        left = round(end - time.monotonic(), 1)
        try:
            # An update that cannot be downloaded in time fails here, and no record is written.
            if left > 0 or not stale:
                said = _run(machine, updates, updates.fetch, max(left, _LEAST_SECONDS))
                if not updates.nothing.search(said):
                    _install(updates, machine)
            if stale:
                raise stale
        except PorterError as error:
            what = f"security updates failed, the host goes on without: {stale or error}"
            log.warning("%s", what)
            ApplyLog(machine).write(f"updates: {what}")
        else:
            machine.write(self.record, b"done\n", 0o644)


def _refresh(updates: Updates, machine: Machine, seconds: float) -> PorterError | None:
    """Refresh the lists; return a mirror's error, so that the others' updates are installed."""
    if not updates.refresh:
        return None
    try:
        if updates.release is None:
            _run(machine, updates, updates.refresh, seconds)
            note_refreshed(machine)
        else:
            _choose_release(updates, updates.release, machine, seconds)
    except PorterError as error:
        return error
    return None


def _choose_release(updates: Updates, file: PurePath, machine: Machine, seconds: float) -> None:
    """Write the newest release to `file`. The exit code is not 0 if there are newer releases."""
    ended = _ended(machine, updates, updates.refresh, seconds)
    if release := newest(ended.output):
        machine.write(file, f"{release}\n".encode(), 0o644)
        ApplyLog(machine).write(f"updates: Amazon Linux {release} from now on, for every package")
    else:
        _check(updates, updates.refresh, ended)


def _install(updates: Updates, machine: Machine) -> None:
    try:
        _run(machine, updates, updates.install, INSTALL_SECONDS)
    except PorterError:
        # Later phases install packages, too.
        if updates.repair and (program := machine.program(updates.repair[0])):
            machine.run((str(program), *updates.repair[1:]), seconds=INSTALL_SECONDS)
        raise


def _run(machine: Machine, updates: Updates, arguments: Sequence[str], seconds: float) -> str:
    """Return what the run printed. Raises `PorterError` if it failed."""
    ended = _ended(machine, updates, arguments, seconds)
    _check(updates, arguments, ended)
    return ended.output


def _ended(machine: Machine, updates: Updates, arguments: Sequence[str], seconds: float) -> Result:
    program = machine.program(updates.manager.program)
    if program is None:
        raise PorterError(f"there is no {updates.manager.program}")
    environment = updates.manager.environment
    return machine.run((str(program), *arguments), seconds=seconds, environment=environment)


def _check(updates: Updates, arguments: Sequence[str], ended: Result) -> None:
    if ended.exit_code:
        command = shlex.join((updates.manager.program, *arguments))
        said = " | ".join(ended.output.split("\n")).strip(" |")[-_LAST_CHARACTERS:]
        raise PorterError(f"`{command}` failed, exit code {ended.exit_code}: {said}")
