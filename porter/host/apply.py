"""`porter host apply`: the phases, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from porter.errors import PorterError
from porter.host.failure import tell_failure
from porter.host.goal import load_goal
from porter.host.machine import Machine
from porter.host.perform import perform
from porter.host.phases import PHASES
from porter.host.steps import Step, Steps

NO_SYSTEMD = "no systemctl below the root: units are written, but neither enabled nor started"


@dataclass(frozen=True, slots=True)
class PhaseReport:
    """What a phase did, or would do."""

    phase: str
    steps: Steps


@dataclass(frozen=True, slots=True)
class Report:
    """What apply did, or would do (`dry_run`); `notes` say what it left out."""

    dry_run: bool
    phases: tuple[PhaseReport, ...]
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there was anything to do."""
        return any(report.steps for report in self.phases)

    def as_json(self) -> dict[str, Any]:
        """The report for a machine."""
        return {
            "dry_run": self.dry_run,
            "changed": self.changed,
            "phases": [
                {"phase": report.phase, "steps": [step.as_json() for step in report.steps]}
                for report in self.phases
            ],
            "notes": list(self.notes),
        }


Listener = Callable[[str, Step], None]
"""Called with a phase's name and a step, just before the step is performed."""


def apply(
    machine: Machine,
    *,
    ports: Mapping[int, int],
    environment: Mapping[str, str],
    dry_run: bool = False,
    on_step: Listener = lambda _phase, _step: None,
) -> Report:
    """Make `machine` what its deployment says. Raises `PorterError` naming the phase that failed.

    A failure is put on the wait handle first, unless this is a dry run, which changes nothing and
    tells nobody.
    """
    if dry_run:
        return _apply(machine, ports, environment, None)
    with machine.locked():
        try:
            return _apply(machine, ports, environment, on_step)
        except PorterError as error:
            tell_failure(machine, f"porter host apply: {error}")
            raise
        except Exception as error:
            tell_failure(machine, f"porter host apply: a bug: {type(error).__name__}: {error}")
            raise


def _apply(
    machine: Machine,
    ports: Mapping[int, int],
    environment: Mapping[str, str],
    on_step: Listener | None,
) -> Report:
    """Plan each phase and, if there is an `on_step`, perform it before the next one looks."""
    goal = load_goal(machine, ports, environment)
    reports = []
    for phase in PHASES:
        try:
            steps = phase.steps(goal, machine)
            if on_step:
                for step in steps:
                    on_step(phase.name, step)
                    perform(step, machine)
        except PorterError as error:
            where = f"phase {phase.name}" + (f": {error.where}" if error.where else "")
            raise PorterError(error.what, where=where, cure=error.cure) from error
        reports.append(PhaseReport(phase.name, steps))
    notes = () if machine.program("systemctl") else (NO_SYSTEMD,)
    return Report(dry_run=on_step is None, phases=tuple(reports), notes=notes)
