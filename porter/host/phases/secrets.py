"""Phase secrets: what the host has to know and nobody else, fetched into memory."""

from __future__ import annotations

from dataclasses import dataclass

from porter.host.certificate import certificate_file
from porter.host.facts import Facts, look_at
from porter.host.goal import Goal
from porter.host.machine import Machine
from porter.host.secrets import held_file, secret_variables
from porter.host.service import File, plan_files
from porter.host.steps import Steps


@dataclass(frozen=True, slots=True)
class SecretFacts:
    """All secrets as AWS has them (None: there are none), and what is here."""

    common: Facts
    wanted: File | None


def look(goal: Goal, machine: Machine) -> SecretFacts:
    """Ask AWS for every secret.

    Raises `PorterError` for the first that is refused, or cannot be what it is wanted for.
    """
    layout = goal.layout
    wanted = held_file(layout, goal.spec, goal.vault)
    certificate_file(layout, goal.spec, goal.vault)
    for runs in (*goal.spec.workloads, *goal.spec.jobs):
        secret_variables(layout, goal.spec, runs, goal.vault)
    return SecretFacts(look_at(machine, (layout.held_secrets,), ()), wanted)


def plan(_goal: Goal, facts: SecretFacts) -> Steps:
    """Note them all. Who runs still needs those that are gone: they are removed last (`tidy`)."""
    return plan_files((facts.wanted,) if facts.wanted else (), facts.common)
