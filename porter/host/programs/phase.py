"""Phase workloads: a unit for each program of the service, and none for a former one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.listeners import LOOPBACK, Listener, strangers
from porter.host.core.service import Service, plan_files, plan_removal, plan_unit
from porter.host.core.steps import Step, Steps
from porter.host.core.unit_file import HEADER
from porter.host.core.view import View
from porter.host.docker.service import order_path
from porter.host.environment.credentials import credentials_files, credentials_key
from porter.host.environment.service import environment_service
from porter.host.programs.check import check_service, container_check_service
from porter.host.programs.service import variables, workload_service
from porter.host.secrets.files import held
from porter.spec import HAPROXY_UNIT, UNITS_OF_JOBS, ContainerWorkload, Workload


@dataclass(frozen=True, slots=True)
class WorkloadFacts:
    """The workloads' files and units, the units whose workload is `gone`, and the tokens' `key`.

    `strangers` listen on the service's port.
    """

    common: Facts
    gone: tuple[str, ...]
    key: bytes
    strangers: tuple[Listener, ...] = ()


def look(goal: Goal, view: View) -> WorkloadFacts:
    """Read the units and files of the workloads, and of former ones."""
    layout = goal.layout
    services = _services(goal)
    names = _names(services)
    written = _porter_units(view, layout.units)
    gone = tuple(name for name in written if name not in names)
    files = [path for service in services for path in service.files(layout)]
    files += [path for unit in gone for path in _files_of(goal, unit)]
    key = credentials_key(view)
    files += [file.path for file in credentials_files(goal, key)]
    ports = [one.port for one in goal.spec.workloads if one.port is not None]
    # Docker may hold the port of a container that restarts; a program may give its port to another.
    found = strangers(view, ports, at=[LOOPBACK], allowed=("porter-", "docker.service"))
    return WorkloadFacts(look_at(view, files, [*names, *gone]), gone, key, tuple(found))


def plan(goal: Goal, facts: WorkloadFacts) -> Steps:
    """Remove the units of former workloads; write, start and restart what differs.

    Raises `PorterError` if another program listens on the service's port.
    """
    for one in facts.strangers:
        raise one.refusal(f"workloads/{[w.port for w in goal.spec.workloads].index(one.port)}/port")
    steps: list[Step] = []
    for unit in facts.gone:
        steps += plan_removal(unit, _files_of(goal, unit), facts.common)
    steps += plan_files(credentials_files(goal, facts.key), facts.common)
    for service in _services(goal):
        steps += plan_files((service.unit, *service.reads), facts.common)
        steps += plan_unit(service, facts.common, goal.layout)
    return tuple(steps)


def _checks(goal: Goal, workload: Workload, worker: Service) -> list[Service]:
    """Return the unit of the workload's check, if it has one."""
    if workload.check is None:
        return []
    if isinstance(workload, ContainerWorkload):
        return [container_check_service(goal, workload, workload.check)]
    given = variables(goal, workload)
    return [check_service(goal, workload, workload.check, given, worker.reads)]


def _services(goal: Goal) -> list[Service]:
    """Return all units in the order of their start: first the one that writes environments.

    A host without programs needs that unit too if it has secrets: porterd's unit reads them.
    """
    services = []
    for workload in goal.spec.workloads:
        worker = workload_service(goal, workload)
        services += [worker, *_checks(goal, workload, worker)]
    needed = services or goal.spec.jobs or held(goal.spec)
    environment = [environment_service(goal)] if needed else []
    return [*environment, *services]


def _names(services: Iterable[Service]) -> list[str]:
    return [service.name for service in services]


def _porter_units(view: View, folder: PurePath) -> list[str]:
    """Return the units of workloads and environments that an earlier apply wrote."""
    names = [name for name in view.names(folder) if name.startswith("porter-")]
    others = (HAPROXY_UNIT, *(name for name in names if name.startswith(UNITS_OF_JOBS)))
    return [name for name in names if name not in others and _is_porters(view, folder / name)]


def _is_porters(view: View, path: PurePath) -> bool:
    found = view.read(path) if path.suffix == ".service" else None
    return found is not None and found.content.startswith(HEADER.encode())


def _files_of(goal: Goal, unit: str) -> tuple[PurePath, ...]:
    name = unit.removeprefix("porter-").removesuffix(".service")
    layout = goal.layout
    return (
        layout.unit(unit),
        layout.environment(name),
        layout.token(name),
        order_path(layout, name),
        layout.started(unit),
    )
