"""Phase install: the `porter` command."""

from __future__ import annotations

import shlex

from porter.host.facts import Facts, look_at
from porter.host.goal import Goal
from porter.host.machine import Machine
from porter.host.service import File, plan_files
from porter.host.steps import Steps
from porter.host.unit_file import HEADER


def look(goal: Goal, machine: Machine) -> Facts:
    """The files this phase writes."""
    return look_at(machine, (file.path for file in _files(goal)), ())


def plan(goal: Goal, facts: Facts) -> Steps:
    """Write what differs."""
    return plan_files(_files(goal), facts)


def _files(goal: Goal) -> tuple[File, ...]:
    return (File(goal.layout.command, _command(goal).encode(), 0o755),)


def _command(goal: Goal) -> str:
    """A launcher: `porter host show` on a host, without looking for the bundle."""
    argv = shlex.join([goal.python, str(goal.layout.bundle(goal.deployment.bundle))])
    root = shlex.quote(str(goal.layout.root))
    elsewhere = "" if root == "/" else f"export PORTER_ROOT={root}\n"
    return f'#!/bin/sh\n{HEADER}{elsewhere}exec {argv} "$@"\n'
