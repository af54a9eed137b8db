"""The environment of each program, as systemd reads it: a file on a tmpfs, for root alone."""

from __future__ import annotations

from porter.host.core import quoting
from porter.host.core.goal import Goal
from porter.host.core.service import File
from porter.host.environment.credentials import porterd_host
from porter.host.secrets.files import secret_variables
from porter.spec import Job, Workload, job_owner


def environment_file(goal: Goal, runs: Workload | Job) -> File:
    """What systemd reads for `runs`: what the user set, its secrets, and what porter sets."""
    region = goal.deployment.region
    variables = {
        # For boto3, which does not read AWS_REGION; a user may set another.
        "AWS_DEFAULT_REGION": region,
        **{name: str(value) for name, value in runs.environment.items()},
        **secret_variables(goal, runs),
        **_own_variables(goal, runs),
    }
    owner = job_owner(runs.name) if isinstance(runs, Job) else goal.spec.running_name(runs)
    return File(goal.layout.environment(owner), quoting.environment_file(variables), 0o600)


def _own_variables(goal: Goal, runs: Workload | Job) -> dict[str, str]:
    """What porter sets for `runs`, and a user cannot (`RESERVED_VARIABLES`)."""
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
