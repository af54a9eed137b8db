"""The unit of a container; its main process is the attendant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath

from porter.host.core import quoting
from porter.host.core.goal import Goal
from porter.host.core.layout import ENVIRONMENT_UNIT, Layout
from porter.host.core.own_code import run_module
from porter.host.core.service import File, Service
from porter.host.core.unit_file import (
    ALWAYS_UP,
    NETWORK,
    NO_CAPABILITIES,
    NO_CODE_AT_RUN_TIME,
    ONLINE,
    SANDBOX,
    Lines,
    unit_file,
    variable_lines,
)
from porter.host.docker.order import Order
from porter.host.environment.files import environment_file
from porter.host.environment.idle import unless_idle
from porter.host.secrets.files import secret_files
from porter.spec import ContainerWorkload, dumps, workload_unit

DOCKER_UNIT = "docker.service"
"""The unit in the distribution's package."""

START_SECONDS = 110
"""Time for the attendant to start the container: it may wait for Docker, and fetch an image.

Shorter than the deadline of `systemctl start` (`porter.host.core.process`)."""

_SLACK_SECONDS = 15
"""Time for Docker to kill a container that does not stop, and to remove it."""


def order_path(layout: Layout, running: str) -> PurePath:
    """Return the path of the order of the container `running`, mode 0600."""
    return layout.root / f"etc/porter/containers/{running}.json"


def order_of(goal: Goal, workload: ContainerWorkload) -> Order:
    """Return the order for the attendant of `workload`."""
    name, layout = goal.spec.running_name(workload), goal.layout
    tokens = (layout.token(name),) if goal.spec.hands_out_credentials else ()
    environments = (layout.environment(name), *tokens)
    return Order(
        unit=workload_unit(name),
        container=replace(workload, environment={}, secret_files={}, check=None),
        environments=tuple(map(str, environments)),
        secret_files=tuple(str(layout.secret(name, one)) for one in sorted(workload.secret_files)),
        folder=str(layout.workload(goal.deployment.payload, workload.name)),
        region=goal.deployment.region,
    )


def container_service(goal: Goal, workload: ContainerWorkload) -> Service:
    """Return the unit of `workload`; it reads order, environment and secrets."""
    layout = goal.layout
    order = order_of(goal, workload)
    environment = environment_file(goal, workload)
    secrets = secret_files(goal, workload)
    path = order_path(layout, goal.spec.running_name(workload))
    file = File(path, (dumps(order) + "\n").encode(), 0o600)
    argv = run_module(goal.python, "porter.host.docker.attend", str(file.path))
    variables = {"PYTHONPATH": str(layout.bundle(goal.deployment.bundle)), **goal.endpoints}
    lines = (
        "# The attendant of the container, which itself is a child of Docker's.",
        "Type=notify",
        *variable_lines(variables),
        f"ExecStart={quoting.command_line(argv)}",
        f"TimeoutStartSec={START_SECONDS}",
        "# The attendant stops the container, and kills it if it does not stop in time.",
        f"TimeoutStopSec={workload.stop_seconds + _SLACK_SECONDS}",
        *ALWAYS_UP,
        *_folder(goal.spec.running_name(workload)),
        "# The container gets the same limit.",
        f"LimitNOFILE={workload.open_files}",
        *SANDBOX,
        *NETWORK,
        *NO_CAPABILITIES,
        *NO_CODE_AT_RUN_TIME,
    )
    order_lines = (
        *ONLINE,
        f"Wants={DOCKER_UNIT}",
        f"After={ENVIRONMENT_UNIT} {DOCKER_UNIT}",
        *unless_idle(goal, workload),
    )
    what = f"{workload.name}, a container of {goal.spec.service}"
    unit = unit_file(what, order=order_lines, service=lines)
    return Service(order.unit, File(layout.unit(order.unit), unit), (environment, file, *secrets))


def _folder(name: str) -> Lines:
    """Return the lines of a folder for secrets and for the time of the last printed line."""
    return (
        "# Only root can enter it: the files in it are readable for any user of the container.",
        f"RuntimeDirectory=porter/containers/{name}",
        "RuntimeDirectoryMode=0700",
        "# After a restart of the attendant, the running container still needs its files.",
        "RuntimeDirectoryPreserve=restart",
    )
