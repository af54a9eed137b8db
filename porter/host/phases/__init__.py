"""The phases of `porter host apply`, in order, each two pure functions: look and plan.

porterd is last: from then on it speaks for the host. Its unit names the folder of the bundle, as
the workloads' units name the payload's: new content is another path, and so a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from porter.host.goal import Goal
from porter.host.machine import Machine
from porter.host.phases import (
    cloudwatch,
    docker,
    haproxy,
    install,
    jobs,
    limits,
    logs,
    porterd,
    record,
    secrets,
    setup,
    splunk,
    swap,
    tidy,
    updates,
    workloads,
)
from porter.host.steps import Steps

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Phase(Generic[F]):
    """`look` only reads; `plan` only decides. Either may raise `PorterError`.

    `notes` says what the plan has to leave out on this machine. `repair` plans what is to be done
    when a step failed, by another look.
    """

    name: str
    look: Callable[[Goal, Machine], F]
    plan: Callable[[Goal, F], Steps]
    notes: Callable[[Goal, F], tuple[str, ...]] = lambda _goal, _facts: ()
    repair: Callable[[Goal, F], Steps] | None = None

    def work(self, goal: Goal, machine: Machine) -> tuple[Steps, tuple[str, ...]]:
        """What remains to be done on `machine`, and what cannot be."""
        facts = self.look(goal, machine)
        return self.plan(goal, facts), self.notes(goal, facts)


PHASES: tuple[Phase[Any], ...] = (
    Phase("limits", limits.look, limits.plan, limits.notes),
    Phase("logs", logs.look, logs.plan),
    Phase("secrets", secrets.look, secrets.plan),
    Phase("updates", updates.look, updates.plan),
    Phase("install", install.look, install.plan),
    Phase("setup", setup.look, setup.plan, setup.notes),
    Phase("docker", docker.look, docker.plan),
    Phase("swap", swap.look, swap.plan, repair=swap.repair),
    Phase("record", record.look, record.plan),
    Phase("workloads", workloads.look, workloads.plan),
    Phase("jobs", jobs.look, jobs.plan, jobs.notes),
    Phase("haproxy", haproxy.look, haproxy.plan),
    Phase("splunk", splunk.look, splunk.plan, splunk.notes),
    Phase("cloudwatch", cloudwatch.look, cloudwatch.plan, cloudwatch.notes),
    Phase("tidy", tidy.look, tidy.plan),
    Phase("porterd", porterd.look, porterd.plan),
)
