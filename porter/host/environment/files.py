"""The environment file of each program: on a tmpfs, for root alone; systemd reads it."""

from __future__ import annotations

from porter.host.core import quoting
from porter.host.core.goal import Goal
from porter.host.core.layout import Layout
from porter.host.core.service import File
from porter.host.environment.credentials import porterd_host
from porter.host.environment.home import home_variables
from porter.host.secrets.files import secret_variables
from porter.spec import ContainerWorkload, Job, Workload, job_owner


def environment_file(goal: Goal, runs: Workload | Job) -> File:
    """Return the environment of `runs`: the user's variables, its secrets, then porter's own."""
    region = goal.deployment.region
    owner = job_owner(runs.name) if isinstance(runs, Job) else goal.spec.running_name(runs)
    # The image of a container has a home and programs of its own.
    machines = {} if isinstance(runs, ContainerWorkload) else _of_the_machine(goal.layout, owner)
    variables = {
        **machines,
        # boto3 does not read AWS_REGION; the user may set another default.
        "AWS_DEFAULT_REGION": region,
        **{name: str(value) for name, value in runs.environment.items()},
        **secret_variables(goal, runs),
        **_own_variables(goal, runs),
    }
    return File(goal.layout.environment(owner), quoting.environment_file(variables), 0o600)


def _of_the_machine(layout: Layout, owner: str) -> dict[str, str]:
    return {"PATH": layout.path, **home_variables(layout, owner)}


def _own_variables(goal: Goal, runs: Workload | Job) -> dict[str, str]:
    """Return the variables that only porter may set (`RESERVED_VARIABLES`)."""
    spec, address = goal.spec, porterd_host(runs)
    variables = {
        "AWS_REGION": goal.deployment.region,
        "PORTERD_TCP_ADDR": address,
        "PORTERD_TCP_PORT": str(spec.porterd.port),
        "PORTERD_URL": f"http://{address}:{spec.porterd.port}",
    }
    if spec.environment_name:
        variables["PORTER_ENVIRONMENT"] = str(spec.environment_name)
    if not isinstance(runs, Job) and runs.port is not None:
        variables["PORT"] = str(runs.port)
    return variables
