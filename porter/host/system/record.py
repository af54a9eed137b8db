"""Phase record: write which specification and which payload this host runs from now on."""

from __future__ import annotations

from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.record import deployment_file, spec_file
from porter.host.core.service import plan_files
from porter.host.core.steps import Steps
from porter.host.core.view import View


def look(goal: Goal, view: View) -> Facts:
    """Read the two files."""
    return look_at(view, (goal.layout.host, goal.layout.deployment), ())


def plan(goal: Goal, facts: Facts) -> Steps:
    """Write what differs; a swap has written both already."""
    return (*deployment_file(goal, facts), *plan_files((spec_file(goal),), facts))
