"""Phase secrets: what the host has to know and nobody else, fetched into memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from porter.host.facts import Facts, look_at
from porter.host.goal import Goal
from porter.host.machine import Machine
from porter.host.secrets import held, held_file, held_values, secret_variables
from porter.host.service import File, plan_files
from porter.host.steps import RemoveFile, Steps


@dataclass(frozen=True, slots=True)
class SecretFacts:
    """All secrets as AWS has them (None: there are none), what is here, and what is left over."""

    common: Facts
    wanted: File | None
    stale: tuple[Path, ...]


def look(goal: Goal, machine: Machine) -> SecretFacts:
    """Ask AWS for every secret.

    Raises `PorterError` for the first that is refused, or cannot be what it is wanted for.
    """
    layout = goal.layout
    wanted = held_file(layout, goal.spec, goal.vault)
    for workload in goal.spec.workloads:
        secret_variables(layout, goal.spec, workload, goal.vault)
    present = {(one.owner, one.name) for one in held(goal.spec)}
    before = held_values(machine)
    gone = {(owner, name) for owner, names in before.items() for name in names} - present
    stale = tuple(
        layout.secret(running, name)
        for owner, name in sorted(gone)
        for running in machine.names(layout.held_secrets.parent)
        if running.partition("_")[0] == owner  # in either slot
    )
    return SecretFacts(look_at(machine, (layout.held_secrets, *stale), ()), wanted, stale)


def plan(goal: Goal, facts: SecretFacts) -> Steps:
    """Note them all, and remove the files of those that are gone."""
    paths = facts.stale if facts.wanted else (*facts.stale, goal.layout.held_secrets)
    removals = tuple(RemoveFile(path) for path in paths if path in facts.common.files)
    return (*removals, *plan_files((facts.wanted,) if facts.wanted else (), facts.common))
