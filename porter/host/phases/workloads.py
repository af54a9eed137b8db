"""Phase workloads: each process of the service as a systemd unit, and none that is gone."""

from __future__ import annotations

import os.path
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from porter.host import quoting
from porter.host.facts import Facts, look_at
from porter.host.goal import Goal
from porter.host.machine import Machine
from porter.host.service import File, Service, plan_files, plan_removal, plan_unit
from porter.host.steps import Step, Steps
from porter.host.unit_file import ALWAYS_UP, HEADER, NO_CAPABILITIES, SANDBOX, unit_file
from porter.spec import HAPROXY_UNIT, ProcessWorkload, workload_unit


@dataclass(frozen=True, slots=True)
class WorkloadFacts:
    """The workloads' files and units, and the units whose workload is `gone`."""

    common: Facts
    gone: tuple[str, ...]


def look(goal: Goal, machine: Machine) -> WorkloadFacts:
    """The units and files of the workloads that should be, and of those that were."""
    layout = goal.layout
    services = _services(goal)
    written = _porter_units(machine, layout.units)
    gone = tuple(name for name in written if name not in _names(services))
    files = [path for service in services for path in service.files(layout)]
    files += [path for unit in gone for path in _files_of(goal, unit)]
    return WorkloadFacts(look_at(machine, files, [*_names(services), *gone]), gone)


def plan(goal: Goal, facts: WorkloadFacts) -> Steps:
    """Remove units whose workload is gone; then write, start and restart what differs."""
    steps: list[Step] = []
    for unit in facts.gone:
        steps += plan_removal(unit, _files_of(goal, unit), facts.common)
    for service in _services(goal):
        steps += plan_files((service.unit, *service.reads), facts.common)
        steps += plan_unit(service, facts.common, goal.layout)
    return tuple(steps)


def workload_service(goal: Goal, workload: ProcessWorkload) -> Service:
    """The unit of `workload` and the environment it reads."""
    layout = goal.layout
    name = workload_unit(workload.name)
    environment = layout.environment(workload.name)
    folder = layout.workload(goal.deployment.payload, workload.name)
    lines = (
        "Type=exec",
        f"WorkingDirectory={quoting.path(folder)}",
        f"EnvironmentFile={quoting.path(environment)}",
        f"ExecStart={quoting.command_line(_argv(workload, folder))}",
        *ALWAYS_UP,
        *SANDBOX,
        *NO_CAPABILITIES,
    )
    unit = unit_file(f"{workload.name}, a workload of {goal.spec.service}", service=lines)
    variables = quoting.environment_file(_environment(goal, workload))
    return Service(name, File(layout.unit(name), unit), (File(environment, variables, 0o600),))


def _environment(goal: Goal, workload: ProcessWorkload) -> dict[str, str]:
    given = {name: str(value) for name, value in workload.environment.items()}
    porterd = f"http://127.0.0.1:{goal.spec.porterd.port}"
    own = {"PORT": str(workload.port), "PORTERD_URL": porterd}
    return {"AWS_REGION": goal.deployment.region, **given, **own}


def _argv(workload: ProcessWorkload, folder: Path) -> list[str]:
    """The command as systemd takes it: a bare name is looked up, any other path is absolute."""
    program, *arguments = (str(argument) for argument in workload.command)
    if "/" in program:
        program = os.path.normpath(folder / program)
    return [program, *arguments]


def _services(goal: Goal) -> list[Service]:
    return [workload_service(goal, workload) for workload in goal.spec.workloads]


def _names(services: Iterable[Service]) -> list[str]:
    return [service.name for service in services]


def _porter_units(machine: Machine, folder: Path) -> list[str]:
    """The workload units that an earlier apply wrote."""
    names = [name for name in machine.names(folder) if name.startswith("porter-")]
    return [name for name in names if name != HAPROXY_UNIT and _is_porters(machine, folder / name)]


def _is_porters(machine: Machine, path: Path) -> bool:
    found = machine.read(path) if path.suffix == ".service" else None
    return found is not None and found.content.startswith(HEADER.encode())


def _files_of(goal: Goal, unit: str) -> tuple[Path, ...]:
    name = unit.removeprefix("porter-").removesuffix(".service")
    layout = goal.layout
    return (layout.unit(unit), layout.environment(name), layout.started(unit))
