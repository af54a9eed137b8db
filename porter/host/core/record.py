"""What this host runs, as files: the resolved specification, and the deployment."""

from __future__ import annotations

from porter.errors import SpecError
from porter.host.core.facts import Facts
from porter.host.core.goal import Goal
from porter.host.core.service import File
from porter.host.core.steps import Steps, WriteFile
from porter.host.core.view import View
from porter.spec import Deployment, HostSpec, dumps, loads


def installed(view: View) -> HostSpec | None:
    """The specification that the last apply left; None where there is none of this porter's."""
    found = view.read(view.layout.host)
    try:
        return loads(HostSpec, found.content) if found else None
    except SpecError:
        return None


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
