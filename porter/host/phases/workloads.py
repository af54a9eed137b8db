"""Phase workloads: each process of the service as a systemd unit, and none that is gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from porter.host import quoting
from porter.host.command import exec_start
from porter.host.credentials import credentials_files, credentials_key
from porter.host.docker.service import container_service
from porter.host.environment import environment_file
from porter.host.facts import Facts, look_at
from porter.host.goal import Goal
from porter.host.layout import ENVIRONMENT_UNIT
from porter.host.machine import Machine
from porter.host.secrets import held, secret_files
from porter.host.service import File, Service, plan_files, plan_removal, plan_unit
from porter.host.slots import unless_idle
from porter.host.steps import Step, Steps
from porter.host.unit_file import (
    ALWAYS_UP,
    HEADER,
    NETWORK,
    NO_CAPABILITIES,
    NO_CODE_AT_RUN_TIME,
    NO_METADATA,
    NO_NETWORK,
    ONLINE,
    OWN_USER,
    SANDBOX,
    Lines,
    load_credentials,
    unit_file,
)
from porter.host.worker_check import check_service, container_check_service, shared_user
from porter.spec import (
    HAPROXY_UNIT,
    UNITS_OF_JOBS,
    ContainerWorkload,
    ProcessWorkload,
    Workload,
    workload_unit,
)


@dataclass(frozen=True, slots=True)
class WorkloadFacts:
    """The workloads' files and units, and the units whose workload is `gone`.

    `key` is that of this boot's tokens, or what it shall be.
    """

    common: Facts
    gone: tuple[str, ...]
    key: bytes


def look(goal: Goal, machine: Machine) -> WorkloadFacts:
    """The units and files of the workloads that should be, and of those that were."""
    layout = goal.layout
    services = _services(goal)
    names = _names(services)
    written = _porter_units(machine, layout.units)
    gone = tuple(name for name in written if name not in names)
    files = [path for service in services for path in service.files(layout)]
    files += [path for unit in gone for path in _files_of(goal, unit)]
    key = credentials_key(machine)
    files += [file.path for file in credentials_files(layout, goal.spec, key)]
    return WorkloadFacts(look_at(machine, files, [*names, *gone]), gone, key)


def plan(goal: Goal, facts: WorkloadFacts) -> Steps:
    """Remove units whose workload is gone; then write, start and restart what differs."""
    steps: list[Step] = []
    for unit in facts.gone:
        steps += plan_removal(unit, _files_of(goal, unit), facts.common)
    steps += plan_files(credentials_files(goal.layout, goal.spec, facts.key), facts.common)
    for service in _services(goal):
        steps += plan_files((service.unit, *service.reads), facts.common)
        steps += plan_unit(service, facts.common, goal.layout)
    return tuple(steps)


def environment_service(goal: Goal) -> Service:
    """The unit that writes the environments again after a boot, when `/run` is empty.

    It runs at the first apply too, which writes them itself: a unit that first runs after a reboot
    is one that nobody has seen working.
    """
    layout = goal.layout
    fetches = bool(held(goal.spec))
    variables = {"PYTHONPATH": str(layout.bundle(goal.deployment.bundle))}
    if fetches:
        variables |= goal.endpoints
    if not layout.is_machine:
        variables["PORTER_ROOT"] = str(layout.root)
    lines = (
        "Type=oneshot",
        "RemainAfterExit=yes",
        *(f"Environment={quoting.word(f'{k}={v}')}" for k, v in variables.items()),
        f"ExecStart={quoting.command_line([goal.python, '-m', 'porter.host.environment'])}",
        "RuntimeDirectory=porter",
        "RuntimeDirectoryPreserve=yes",
        *_may_redirect(goal),
        "Restart=on-failure",
        "RestartSec=1",
        *SANDBOX,
        *(NETWORK if fetches else NO_NETWORK),
        *NO_CAPABILITIES,
        *NO_CODE_AT_RUN_TIME,
    )
    order = ONLINE if fetches else ()
    unit = unit_file(f"Environments of {goal.spec.service}", order=order, service=lines)
    return Service(ENVIRONMENT_UNIT, File(layout.unit(ENVIRONMENT_UNIT), unit))


def _may_redirect(goal: Goal) -> Lines:
    """The right to write HAProxy's configuration, where there is one."""
    folder = quoting.word(str(goal.layout.haproxy_cfg.parent))
    return (f"ReadWritePaths={folder}",) if goal.spec.proxy else ()


def workload_service(goal: Goal, workload: Workload) -> Service:
    """The unit of `workload` and the environment it reads."""
    if isinstance(workload, ContainerWorkload):
        return container_service(goal, workload)
    layout = goal.layout
    running = goal.spec.running_name(workload)
    name = workload_unit(running)
    environment = environment_file(layout, goal.spec, goal.deployment.region, workload, goal.vault)
    secrets = secret_files(layout, goal.spec, workload, goal.vault)
    folder = layout.workload(goal.deployment.payload, workload.name)
    lines = (
        "Type=exec",
        f"WorkingDirectory={quoting.path(folder)}",
        *_variables(goal, workload),
        *load_credentials(file.path for file in secrets),
        exec_start(workload.command, folder),
        *ALWAYS_UP,
        *OWN_USER,
        *shared_user(workload),
        *SANDBOX,
        *NETWORK,
        *NO_METADATA,
        *NO_CAPABILITIES,
    )
    what = f"{workload.name}, a workload of {goal.spec.service}"
    order = (*ONLINE, f"After={ENVIRONMENT_UNIT}", *unless_idle(goal, workload))
    unit = unit_file(what, order=order, service=lines)
    return Service(name, File(layout.unit(name), unit), (environment, *secrets))


def _variables(goal: Goal, workload: ProcessWorkload) -> list[str]:
    """The files that systemd reads the workload's environment from."""
    layout, running = goal.layout, goal.spec.running_name(workload)
    tokens = (layout.token(running),) if goal.spec.hands_out_credentials else ()
    files = (layout.environment(running), *tokens)
    return [f"EnvironmentFile={quoting.path(path)}" for path in files]


def _checks(goal: Goal, workload: Workload, worker: Service) -> list[Service]:
    """The unit of the workload's own check, if it has one."""
    if workload.check is None:
        return []
    if isinstance(workload, ContainerWorkload):
        return [container_check_service(goal, workload, workload.check)]
    variables = _variables(goal, workload)
    return [check_service(goal, workload, workload.check, variables, worker.reads)]


def _services(goal: Goal) -> list[Service]:
    """In the order of their start; the environments first, where there are any, or secrets.

    Those may be an agent's alone: porterd does not start without them.
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


def _porter_units(machine: Machine, folder: Path) -> list[str]:
    """The workload units that an earlier apply wrote."""
    names = [name for name in machine.names(folder) if name.startswith("porter-")]
    others = (HAPROXY_UNIT, *(name for name in names if name.startswith(UNITS_OF_JOBS)))
    return [name for name in names if name not in others and _is_porters(machine, folder / name)]


def _is_porters(machine: Machine, path: Path) -> bool:
    found = machine.read(path) if path.suffix == ".service" else None
    return found is not None and found.content.startswith(HEADER.encode())


def _files_of(goal: Goal, unit: str) -> tuple[Path, ...]:
    name = unit.removeprefix("porter-").removesuffix(".service")
    layout = goal.layout
    return (
        layout.unit(unit),
        layout.environment(name),
        layout.token(name),
        layout.container(name),
        layout.started(unit),
    )
