"""Run the phases of `porter host apply`, one after the other."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from porter.errors import HostFaultError, PorterError
from porter.host.core.apply_log import ApplyLog
from porter.host.core.cloud_init import package_trouble
from porter.host.core.goal import Gate, Goal, deployment_of, load_goal, require_host
from porter.host.core.imagined import Imagined
from porter.host.core.machine import BusyError, Machine
from porter.host.core.payload import bring_payload
from porter.host.core.phase import Phase
from porter.host.core.redaction import without_secrets
from porter.host.core.steps import Step, Steps
from porter.host.core.view import View
from porter.host.phases import PHASES
from porter.host.report import PhaseReport, Report
from porter.host.signalling import signal_failure
from porter.host.system.kernel import waiting_kernel
from porter.spec import AssetLocation

log = logging.getLogger(__name__)

NO_SYSTEMD = "no systemctl below the root: units are written, but neither enabled nor started"

Listener = Callable[[str, Step], None]
"""Called with a phase's name and a step, before the step is performed."""

Act = Callable[[str, Steps], None]
"""Performs the steps of the phase of that name; in a dry run, only imagines them."""


def apply(  # noqa: PLR0913 - the options of `porter host apply`
    machine: Machine,
    *,
    ports: Mapping[int, int],
    environment: Mapping[str, str],
    payload: AssetLocation | None = None,
    gate: Gate | None = None,
    on_step: Listener = lambda _phase, _step: None,
) -> Report:
    """Configure `machine` as its deployment specifies, or as the newer `payload` does.

    Raises `PorterError` naming the phase that failed. Before that, FAILURE is sent to the wait
    handle, unless porterd serves already. A `HostFaultError` may be this host's alone: with spare
    hosts, it is sent as late as possible.
    """
    apply_log = ApplyLog(machine)
    goal: Goal | None = None

    def act(phase: str, steps: Steps) -> None:
        for step in steps:
            apply_log.write(f"{phase}: {step.title}")
            on_step(phase, step)
            step.perform(machine)

    require_host(machine)
    _refuse_on_leaving(machine)
    try:
        with machine.locked():
            apply_log.write("porter host apply")
            deployment = deployment_of(machine, payload)
            bring_payload(machine, deployment)
            goal = load_goal(machine, deployment, ports, environment)
            goal = replace(goal, gate=gate or goal.gate)
            report = _go_through(machine, goal, act)
            for line in report.ending:
                apply_log.write(line)
            return report
    except BusyError:
        raise  # the apply that runs reports for this host
    except PorterError as error:
        reason = "\n".join(filter(None, (package_trouble(machine), f"porter host apply: {error}")))
        may_be_alone = goal if isinstance(error, HostFaultError) else None
        held = may_be_alone.spec if may_be_alone else None
        apply_log.write(f"failed: {signal_failure(machine, reason, held)}")
        raise without_secrets(machine, error) from None
    except Exception as error:
        bug = f"porter host apply: a bug: {type(error).__name__}: {error}"
        apply_log.write(f"failed: {signal_failure(machine, bug)}")
        raise


def _refuse_on_leaving(machine: Machine) -> None:
    """Raise `PorterError` on a host that drains: an apply would start what the drain has stopped.

    Nothing is signaled, as from every host that leaves.
    """
    if machine.read(machine.layout.drain):
        raise PorterError(
            "Auto Scaling terminates this host, so nothing is applied to it",
            where=str(machine.layout.drain),
            cure="apply to a host that stays",
        )


def dry_run(
    view: View,
    *,
    ports: Mapping[int, int],
    environment: Mapping[str, str],
    payload: AssetLocation | None = None,
) -> Report:
    """Report what `apply` would do. Raises `PorterError` naming the phase that would fail.

    A dry run has no `Machine`, so it changes nothing. It does read secrets from AWS, and a payload
    that is not on this host: without them it cannot know which units would restart.
    """
    imagined = Imagined(view.layout, view)

    def act(_phase: str, steps: Steps) -> None:
        for step in steps:
            imagined.imagine(step)

    goal = load_goal(view, deployment_of(view, payload), ports, environment)
    return _go_through(imagined, goal, act, dry_run=True)


def _go_through(view: View, goal: Goal, act: Act, *, dry_run: bool = False) -> Report:
    """Plan and perform each phase before the next one looks."""
    phases = []
    for phase in PHASES:
        started = time.monotonic()
        try:
            goal, steps, notes = _work(phase, view, goal, act)
        except PorterError as error:
            where = f"phase {phase.name}" + (f": {error.where}" if error.where else "")
            raise error.placed(where) from error
        seconds = None if dry_run else time.monotonic() - started
        phases.append(PhaseReport(phase.name, steps, notes, seconds))
    left_out = [f"{report.phase}: {note}" for report in phases for note in report.notes]
    if goal.system.name and not goal.system.supported:
        left_out.insert(0, f"porter is not tested on {goal.system.name}")
    if not view.program("systemctl"):
        left_out.append(NO_SYSTEMD)
    if kernel := waiting_kernel(view):
        left_out.append(kernel)
    return Report(dry_run, goal.system.name, tuple(phases), tuple(left_out))


def _work(
    phase: Phase[object], view: View, goal: Goal, act: Act
) -> tuple[Goal, Steps, tuple[str, ...]]:
    """Return the goal for the next phases, the steps performed, and the notes."""
    goal = phase.fetch(goal)
    facts = phase.look(goal, view)
    steps, notes = phase.plan(goal, facts), phase.notes(goal, facts)
    try:
        act(phase.name, steps)
    except BaseException:  # a bug or Ctrl-C leaves the phase half-way, too
        _repair(phase, view, goal, act)
        raise
    return phase.settle(goal, view), steps, notes


def _repair(phase: Phase[object], view: View, goal: Goal, act: Act) -> None:
    """Undo a phase that failed half-way. If that fails too, the next apply repairs it."""
    try:
        if phase.repair:
            act(phase.name, phase.repair(goal, phase.look(goal, view)))
    except Exception as error:  # noqa: BLE001 - it must not hide why the phase failed
        log.warning("phase %s was not repaired: %s", phase.name, error)
