"""`porter host apply`: the phases, one after the other."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from functools import partial

from porter.errors import PorterError
from porter.host.failure import tell_failure, without_secrets
from porter.host.goal import Goal, load_goal
from porter.host.imagined import Imagined
from porter.host.machine import BusyError, Machine
from porter.host.perform import perform
from porter.host.phases import PHASES, Phase
from porter.host.report import PhaseReport, Report
from porter.host.slots import placed
from porter.host.steps import Step, Steps
from porter.host.story import Story
from porter.spec import AssetLocation

log = logging.getLogger(__name__)

NO_SYSTEMD = "no systemctl below the root: units are written, but neither enabled nor started"

Listener = Callable[[str, Step], None]
"""Called with a phase's name and a step, just before the step is performed."""


def apply(  # noqa: PLR0913 - its options
    machine: Machine,
    *,
    ports: Mapping[int, int],
    environment: Mapping[str, str],
    payload: AssetLocation | None = None,
    dry_run: bool = False,
    on_step: Listener = lambda _phase, _step: None,
) -> Report:
    """Make `machine` what its deployment says; with `payload`, what that newer one says.

    Raises `PorterError` naming the phase that failed. A failure is put on the wait handle first,
    unless this is a dry run, which changes nothing and tells nobody, or porterd runs already.
    """
    load = partial(load_goal, machine, ports, environment, payload=payload, keep=not dry_run)
    if dry_run:
        return _go_through(machine, load(), None)
    story = Story(machine)
    try:
        with machine.locked():
            return _tell_story(machine, load, story, on_step)
    except BusyError:
        raise  # the other one speaks for this host
    except PorterError as error:
        story.tell(f"failed: {tell_failure(machine, f'porter host apply: {error}')}")
        raise without_secrets(machine, error) from None
    except Exception as error:
        bug = f"porter host apply: a bug: {type(error).__name__}: {error}"
        story.tell(f"failed: {tell_failure(machine, bug)}")
        raise


def _tell_story(
    machine: Machine,
    load: Callable[[], Goal],
    story: Story,
    on_step: Listener,
) -> Report:
    """Do it all, and keep the story of it."""
    story.tell("porter host apply")

    def note(phase: str, step: Step) -> None:
        story.tell(f"{phase}: {step.title}")
        on_step(phase, step)

    report = _go_through(machine, load(), note)
    for line in report.ending:
        story.tell(line)
    return report


def _go_through(machine: Machine, goal: Goal, on_step: Listener | None) -> Report:
    """Plan each phase and, if there is an `on_step`, perform it before the next one looks."""
    seen = machine if on_step else Imagined(machine.layout, machine)
    phases = []
    for phase in PHASES:
        phases.append(_work(phase, seen, goal, on_step))
        if phase.name == "swap":
            goal = placed(goal, seen)
    notes = [f"{report.phase}: {note}" for report in phases for note in report.notes]
    if goal.system.name and not goal.system.supported:
        notes.insert(0, f"porter is not tested on {goal.system.name}")
    if not machine.program("systemctl"):
        notes.append(NO_SYSTEMD)
    return Report(on_step is None, goal.system.name, tuple(phases), tuple(notes))


def _work(
    phase: Phase[object], machine: Machine, goal: Goal, on_step: Listener | None
) -> PhaseReport:
    started = time.monotonic()
    try:
        steps, notes = phase.work(goal, machine)
        try:
            _do(phase.name, steps, machine, on_step)
        except PorterError:
            if phase.repair:
                _repair(phase, machine, goal, on_step)
            raise
    except PorterError as error:
        where = f"phase {phase.name}" + (f": {error.where}" if error.where else "")
        raise PorterError(error.what, where=where, cure=error.cure) from error
    seconds = time.monotonic() - started if on_step else None
    return PhaseReport(phase.name, steps, notes, seconds)


def _do(name: str, steps: Steps, machine: Machine, on_step: Listener | None) -> None:
    for step in steps:
        if on_step:
            on_step(name, step)
            perform(step, machine)
        elif isinstance(machine, Imagined):
            machine.imagine(step)


def _repair(phase: Phase[object], machine: Machine, goal: Goal, on_step: Listener | None) -> None:
    """Undo the half of a failed phase. What fails in this is left to the next run."""
    try:
        if phase.repair:
            _do(phase.name, phase.repair(goal, phase.look(goal, machine)), machine, on_step)
    except PorterError as error:
        log.warning("phase %s was not repaired: %s", phase.name, error)
