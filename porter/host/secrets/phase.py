"""Phase secrets: write the host's secrets to memory."""

from __future__ import annotations

from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.service import plan_files
from porter.host.core.steps import Steps
from porter.host.core.view import View
from porter.host.secrets.files import held_file


def look(goal: Goal, view: View) -> Facts:
    """Read the secrets that this host has."""
    return look_at(view, (goal.layout.held_secrets,), ())


def plan(goal: Goal, facts: Facts) -> Steps:
    """Write all secrets. Programs that run may need former ones, so `tidy` removes those later."""
    wanted = held_file(goal)
    return plan_files((wanted,) if wanted else (), facts)
