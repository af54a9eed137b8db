"""Phase updates: the distribution's security updates, once, before anything runs."""

from __future__ import annotations

from pathlib import PurePath

from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.layout import Layout
from porter.host.core.service import File, plan_files
from porter.host.core.steps import Steps
from porter.host.core.view import View
from porter.host.system.install_updates import InstallUpdates
from porter.host.system.security_updates import security_updates

MOST_SECONDS = 300
"""What the host waits for mirrors at most."""


def look(goal: Goal, view: View) -> Facts:
    """The record of the updates, and what restricts them to security."""
    return look_at(view, _files(goal.layout), ())


def plan(goal: Goal, facts: Facts) -> Steps:
    """Install them where none were before; a failure is told and tried again by the next apply."""
    layout, manager = goal.layout, goal.system.manager
    record, pinned = _files(layout)
    done = record in facts.files
    if done or manager is None or not goal.spec.security_updates or not layout.is_machine:
        return ()
    updates = security_updates(manager, pinned)
    pins = (File(pinned, updates.pins),) if updates.pins else ()
    # The wait condition must not run out over them.
    seconds = min(MOST_SECONDS, goal.spec.timeout_seconds // 3)
    return (*plan_files(pins, facts), InstallUpdates(updates, seconds, record))


def _files(layout: Layout) -> tuple[PurePath, PurePath]:
    """What is there once the updates are installed, and what keeps apt to security until then."""
    return (
        layout.root / "var/lib/porter/security-updates",
        layout.root / "etc/porter/security-updates.pref",
    )
