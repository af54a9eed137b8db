"""Phase record: what this host runs from now on, as files: the resolved spec, and the payload."""

from __future__ import annotations

from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.service import File, plan_files
from porter.host.core.steps import Steps, WriteFile
from porter.host.core.view import View
from porter.spec import Deployment, dumps, loads


def look(goal: Goal, view: View) -> Facts:
    """The files this phase writes."""
    return look_at(view, (goal.layout.host, goal.layout.deployment), ())


def plan(goal: Goal, facts: Facts) -> Steps:
    """Write what differs: after a swap, nothing does."""
    return (*deployment_file(goal, facts), *plan_files((spec_file(goal),), facts))


def deployment_file(goal: Goal, facts: Facts) -> Steps:
    """Let the deployment name the payload that this host runs now, if it names another."""
    path = goal.layout.deployment
    found = facts.content(path)
    if found and loads(Deployment, found) == goal.deployment:
        return ()
    return (WriteFile(path, dumps(goal.deployment).encode(), 0o600),)


def spec_file(goal: Goal) -> File:
    """The resolved spec; only root may read it, since environments may hold secrets."""
    return File(goal.layout.host, (dumps(goal.spec) + "\n").encode(), 0o600)
