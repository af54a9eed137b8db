"""Phase updates: the distribution's security updates, once, before anything runs."""

from __future__ import annotations

from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.service import File, plan_files
from porter.host.core.steps import Steps
from porter.host.core.view import View
from porter.host.system.install_updates import InstallUpdates
from porter.host.system.security_updates import security_updates

MOST_SECONDS = 300
"""What the host waits for mirrors at most."""


def look(goal: Goal, view: View) -> Facts:
    """The record of the updates, and what restricts them to security."""
    return look_at(view, (goal.layout.updates_record, goal.layout.updates_pins), ())


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
