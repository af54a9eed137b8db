"""Phase updates: the distribution's security updates, once, before anything runs."""

from __future__ import annotations

from porter.host.facts import Facts, look_at
from porter.host.goal import Goal
from porter.host.machine import Machine
from porter.host.security_updates import MOST_SECONDS, InstallUpdates, security_updates
from porter.host.service import File, plan_files
from porter.host.steps import Steps


def look(goal: Goal, machine: Machine) -> Facts:
    """The record of the updates, and what restricts them to security."""
    return look_at(machine, (goal.layout.updates_record, goal.layout.updates_pins), ())


def plan(goal: Goal, facts: Facts) -> Steps:
    """Install them where none were before; a failure is told and tried again by the next apply."""
    layout, manager = goal.layout, goal.system.manager
    done = layout.updates_record in facts.files
    if done or manager is None or not goal.spec.security_updates or not layout.is_machine:
        return ()
    updates = security_updates(manager, layout.updates_pins)
    pins = (File(layout.updates_pins, updates.pins),) if updates.pins else ()
    # The wait condition must not run out over them.
    seconds = min(MOST_SECONDS, goal.spec.timeout_seconds // 3)
    return (*plan_files(pins, facts), InstallUpdates(updates, seconds, layout.updates_record))
