"""Phase setup: run the user's setup steps in order, each once."""

from __future__ import annotations

import hashlib
import json

from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.service import File
from porter.host.core.steps import Step, Steps, WriteFile
from porter.host.core.view import View
from porter.host.system.script import SetUp
from porter.spec import SetupStep


def look(goal: Goal, view: View) -> Facts:
    """Read the records of the steps that succeeded."""
    return look_at(view, (_record(goal, step).path for step in goal.spec.setup), ())


def plan(goal: Goal, facts: Facts) -> Steps:
    """Run each step that has no record, or another one, and write its record."""
    if not goal.layout.is_machine:
        return ()
    steps: list[Step] = []
    for step in goal.spec.setup:
        record = _record(goal, step)
        if facts.content(record.path) != record.content:
            steps += [_run(goal, step), WriteFile(record.path, record.content, record.mode)]
    return tuple(steps)


def notes(goal: Goal, _facts: Facts) -> tuple[str, ...]:
    """Say that a played host runs no steps: they would change the real machine as root."""
    if goal.layout.is_machine or not goal.spec.setup:
        return ()
    names = ", ".join(step.name for step in goal.spec.setup)
    return (f"setup steps are left out below a root other than /: {names}",)


def _run(goal: Goal, step: SetupStep) -> SetUp:
    given = {name: str(value) for name, value in step.environment.items()}
    own = {"AWS_REGION": goal.deployment.region, "PATH": goal.layout.path}
    return SetUp(
        name=step.name,
        argv=tuple(str(argument) for argument in step.command),
        folder=goal.layout.payload(goal.deployment.payload) / "setup" / step.name,
        environment=own | given,
        seconds=step.timeout_seconds,
        log=goal.layout.root / f"var/log/porter/setup-{step.name}.log",
    )


def _record(goal: Goal, step: SetupStep) -> File:
    """Return a digest of folder, command and environment; mode 0600, as it covers values."""
    run = _run(goal, step)
    content = json.dumps([str(run.folder), run.argv, dict(run.environment)], sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return File(
        goal.layout.root / "var/lib/porter/setup" / step.name, f"{digest}\n".encode(), 0o600
    )
