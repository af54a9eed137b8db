"""The two files that say what this host runs: resolved specification and deployment."""

from __future__ import annotations

from porter.errors import SpecError
from porter.host.core.facts import Facts
from porter.host.core.goal import Goal
from porter.host.core.service import File
from porter.host.core.steps import Steps, WriteFile
from porter.host.core.view import View
from porter.spec import Deployment, HostSpec, dumps, loads


def installed(view: View) -> HostSpec | None:
    """Return the specification of the last apply; None if this version of porter wrote none."""
    found = view.read(view.layout.host)
    try:
        return loads(HostSpec, found.content) if found else None
    except SpecError:
        return None


def deployment_file(goal: Goal, facts: Facts) -> Steps:
    """Plan to write the deployment, if the file names another payload than this host runs."""
    path = goal.layout.deployment
    found = facts.content(path)
    if found and loads(Deployment, found) == goal.deployment:
        return ()
    return (WriteFile(path, dumps(goal.deployment).encode(), 0o600),)


def spec_file(goal: Goal) -> File:
    """Return the resolved spec as a file for root alone: environments may hold secrets."""
    return File(goal.layout.host, (dumps(goal.spec) + "\n").encode(), 0o600)
