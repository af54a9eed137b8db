"""Phase install: the `porter` command, and the `python3` of the user's programs."""

from __future__ import annotations

import shlex

from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.service import File, plan_files
from porter.host.core.steps import Steps
from porter.host.core.unit_file import HEADER
from porter.host.core.view import View


def look(goal: Goal, view: View) -> Facts:
    """Read the launchers."""
    return look_at(view, (file.path for file in _files(goal)), ())


def plan(goal: Goal, facts: Facts) -> Steps:
    """Write each launcher that differs."""
    return plan_files(_files(goal), facts)


def _files(goal: Goal) -> tuple[File, ...]:
    python = f'#!/bin/sh\n{HEADER}exec {shlex.quote(goal.python)} "$@"\n'
    return (
        File(goal.layout.root / "usr/local/bin/porter", _command(goal).encode(), 0o755),
        File(goal.layout.python, python.encode(), 0o755),
    )


def _command(goal: Goal) -> str:
    """Return a launcher that starts the bundle, so that `porter` works on a host."""
    argv = shlex.join([goal.python, str(goal.layout.bundle(goal.deployment.bundle))])
    root = shlex.quote(str(goal.layout.root))
    elsewhere = "" if root == "/" else f"export PORTER_ROOT={root}\n"
    return f'#!/bin/sh\n{HEADER}{elsewhere}exec {argv} "$@"\n'
