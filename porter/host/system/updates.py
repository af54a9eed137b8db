"""Phase updates: install the distribution's security updates once, before any program."""

from __future__ import annotations

from pathlib import PurePath

from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.layout import Layout
from porter.host.core.service import File, plan_files
from porter.host.core.steps import Steps
from porter.host.core.view import View
from porter.host.system.amazon_release import release_file
from porter.host.system.install_updates import InstallUpdates
from porter.host.system.security_updates import security_updates

MOST_SECONDS = 300
"""Seconds for the mirrors at most."""


def look(goal: Goal, view: View) -> Facts:
    """Read the record of the updates, apt's preferences, and dnf's release."""
    return look_at(view, (*_files(goal.layout), release_file(goal.layout)), ())


def plan(goal: Goal, facts: Facts) -> Steps:
    """Install the updates unless they are on record; the next apply retries a failure."""
    layout, manager = goal.layout, goal.system.manager
    record, pinned = _files(layout)
    done = record in facts.files
    if done or manager is None or not goal.spec.security_updates or not layout.is_machine:
        return ()
    release = release_file(layout)
    choose = goal.system.id == "amzn" and release not in facts.files
    updates = security_updates(manager, pinned, release if choose else None)
    pins = (File(pinned, updates.pins),) if updates.pins else ()
    # The wait condition must not time out over the updates.
    seconds = min(MOST_SECONDS, goal.spec.timeout_seconds // 3)
    return (*plan_files(pins, facts), InstallUpdates(updates, seconds, record))


def _files(layout: Layout) -> tuple[PurePath, PurePath]:
    """Return the paths of the record, and of the preferences that keep apt to security."""
    return (
        layout.root / "var/lib/porter/security-updates",
        layout.root / "etc/porter/security-updates.pref",
    )
