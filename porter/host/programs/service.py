"""The unit of a workload: a process, or the attendant of a container."""

from __future__ import annotations

from porter.host.core import quoting
from porter.host.core.goal import Goal
from porter.host.core.layout import ENVIRONMENT_UNIT
from porter.host.core.service import File, Service
from porter.host.core.unit_file import (
    ALWAYS_UP,
    NO_CAPABILITIES,
    NO_METADATA,
    ONLINE,
    OWN_USER,
    SANDBOX,
    USERS_NETWORK,
    exec_start,
    load_credentials,
    unit_file,
)
from porter.host.docker.service import container_service
from porter.host.environment.files import environment_file
from porter.host.environment.idle import unless_idle
from porter.host.programs.folders import folders
from porter.host.secrets.files import secret_files
from porter.spec import ContainerWorkload, ProcessWorkload, Workload, workload_unit


def workload_service(goal: Goal, workload: Workload) -> Service:
    """Return the unit of `workload`, which reads its environment and secrets."""
    if isinstance(workload, ContainerWorkload):
        return container_service(goal, workload)
    layout = goal.layout
    running = goal.spec.running_name(workload)
    name = workload_unit(running)
    environment = environment_file(goal, workload)
    secrets = secret_files(goal, workload)
    folder = layout.workload(goal.deployment.payload, workload.name)
    lines = (
        "Type=exec",
        f"WorkingDirectory={quoting.path(folder)}",
        *variables(goal, workload),
        *load_credentials(file.path for file in secrets),
        exec_start(workload.command, folder, layout),
        *ALWAYS_UP,
        *OWN_USER,
        *folders(goal, workload),
        *SANDBOX,
        *USERS_NETWORK,
        *NO_METADATA,
        *NO_CAPABILITIES,
    )
    what = f"{workload.name}, a workload of {goal.spec.service}"
    order = (*ONLINE, f"After={ENVIRONMENT_UNIT}", *unless_idle(goal, workload))
    unit = unit_file(what, order=order, service=lines)
    return Service(name, File(layout.unit(name), unit), (environment, *secrets))


def variables(goal: Goal, workload: ProcessWorkload) -> list[str]:
    """Return the lines that name the files of the workload's environment."""
    layout, running = goal.layout, goal.spec.running_name(workload)
    tokens = (layout.token(running),) if goal.spec.hands_out_credentials else ()
    files = (layout.environment(running), *tokens)
    return [f"EnvironmentFile={quoting.path(path)}" for path in files]
