"""The unit that repeats a worker's check; porterd asks systemd how the last run ended.

It is a service that systemd restarts after the check's interval, not a timer: between two runs
systemd still knows how the last one ended.
"""

from __future__ import annotations

from porter.host.core import quoting
from porter.host.core.goal import Goal
from porter.host.core.layout import Layout
from porter.host.core.own_code import run_module
from porter.host.core.service import File, Service
from porter.host.core.unit_file import (
    NO_CAPABILITIES,
    NO_CODE_AT_RUN_TIME,
    NO_METADATA,
    OWN_USER,
    SANDBOX,
    USERS_NETWORK,
    Lines,
    exec_start,
    load_credentials,
    unit_file,
)
from porter.host.docker.check import KILL_SECONDS
from porter.host.programs.folders import folders
from porter.spec import (
    Check,
    ContainerWorkload,
    ProcessWorkload,
    Workload,
    check_unit,
    workload_unit,
)
from porter.spec.command import file_variable

_STARTED_AT_ONCE = (
    "# Not exec: a check that fails within milliseconds would count as a failed start.",
    "Type=simple",
)


def check_service(
    goal: Goal, workload: ProcessWorkload, check: Check, variables: Lines, reads: tuple[File, ...]
) -> Service:
    """Return the unit of `check`; `variables` are the lines with the worker's environment."""
    layout = goal.layout
    name = check_unit(workload.name)
    folder = layout.workload(goal.deployment.payload, workload.name)
    secrets = [layout.secret(workload.name, one) for one in sorted(workload.secret_files)]
    lines = (
        *_STARTED_AT_ONCE,
        f"WorkingDirectory={quoting.path(folder)}",
        *variables,
        *load_credentials(secrets),
        exec_start((*_own_files(layout, workload), *check.command), folder, layout),
        *_over_and_over(check),
        "TimeoutStopSec=1",
        *OWN_USER,
        *folders(goal, workload),
        *SANDBOX,
        *USERS_NETWORK,
        *NO_METADATA,
        *NO_CAPABILITIES,
    )
    worker = workload_unit(workload.name)
    order = (f"After={worker}", f"JoinsNamespaceOf={worker}")
    return Service(name, _unit(goal, workload, order, lines), reads)


def _own_files(layout: Layout, workload: ProcessWorkload) -> tuple[str, ...]:
    """Return a prefix that sets the paths of the check's secrets: the worker's are hidden."""
    unit = check_unit(workload.name)
    files = {one: layout.credential(unit, one) for one in sorted(workload.secret_files)}
    own = (f"{file_variable(one)}={path}" for one, path in files.items())
    return ("/usr/bin/env", *own) if files else ()


def container_check_service(goal: Goal, workload: ContainerWorkload, check: Check) -> Service:
    """Return the unit of a container's check, which Docker runs in the container."""
    name, worker = check_unit(workload.name), workload_unit(workload.name)
    container = worker.removesuffix(".service")
    command = (str(argument) for argument in check.command)
    argv = run_module(goal.python, "porter.host.docker.check", container, *command)
    python_path = f"PYTHONPATH={goal.layout.bundle(goal.deployment.bundle)}"
    lines = (
        "# Docker runs the check in the container.",
        *_STARTED_AT_ONCE,
        f"Environment={quoting.word(python_path)}",
        f"ExecStart={quoting.command_line(argv)}",
        *_over_and_over(check),
        "# Docker does not kill a check that takes too long: this unit does.",
        f"TimeoutStopSec={KILL_SECONDS + 1:g}",
        *SANDBOX,
        "RestrictAddressFamilies=AF_UNIX",
        *NO_METADATA,
        "CapabilityBoundingSet=CAP_KILL",
        *NO_CODE_AT_RUN_TIME,
    )
    return Service(name, _unit(goal, workload, (f"After={worker}",), lines))


def _over_and_over(check: Check) -> Lines:
    return (
        "# During the pause after each run porterd reads how the run ended.",
        "Restart=always",
        f"RestartSec={check.interval_seconds:g}",
        f"RuntimeMaxSec={check.timeout_seconds:g}",
        "# Keep what the check prints, but not systemd's lines about each start and end.",
        "LogLevelMax=notice",
        "SyslogLevel=notice",
    )


def _unit(goal: Goal, workload: Workload, order: Lines, lines: Lines) -> File:
    what = f"check of {workload.name}, a workload of {goal.spec.service}"
    content = unit_file(what, order=order, service=lines)
    return File(goal.layout.unit(check_unit(workload.name)), content)
