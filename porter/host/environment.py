"""The environments of the workloads, on a tmpfs: `python -m porter.host.environment` after a boot.

Values of an environment may be secrets, so they rest in one file on disk (`host.json`), and what
systemd reads is in memory. `porter host apply` writes it; `porter-environment.service` runs this
module to write it again at every boot, before the workloads. Secrets of AWS rest on no disk: where
there are any, they are fetched again, else it needs no network.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from porter.errors import PorterError
from porter.host import quoting
from porter.host.certificate import certificate_file
from porter.host.credentials import credentials_files, credentials_key
from porter.host.goal import load
from porter.host.layout import Layout
from porter.host.machine import Machine
from porter.host.secrets import held_file, secret_files, secret_variables
from porter.host.service import File
from porter.host.vault import Vault
from porter.spec import (
    CONTAINERS_HOST,
    ContainerWorkload,
    Deployment,
    HostSpec,
    Job,
    Workload,
    job_owner,
)

ORIGIN = "`porter host apply` writes it"


def environment_file(
    layout: Layout, spec: HostSpec, region: str, workload: Workload, vault: Vault
) -> File:
    """What systemd reads for `workload`, one of the resolved `spec`; its secrets are in `vault`."""
    given = {name: str(value) for name, value in workload.environment.items()}
    secret = secret_variables(layout, spec, workload, vault)
    own = _own_variables(spec, region, workload)
    if workload.port is not None:
        own["PORT"] = str(workload.port)
    # For boto3, which does not read AWS_REGION. A user may set it.
    variables = quoting.environment_file({"AWS_DEFAULT_REGION": region, **given, **secret, **own})
    return File(layout.environment(spec.running_name(workload)), variables, 0o600)


def _own_variables(spec: HostSpec, region: str, runs: Workload | Job) -> dict[str, str]:
    """What porter sets for `runs`, and a user cannot (`RESERVED_VARIABLES`)."""
    address = CONTAINERS_HOST if isinstance(runs, ContainerWorkload) else "127.0.0.1"
    port = spec.porterd.port
    variables = {
        "AWS_REGION": region,
        "PORTERD_TCP_ADDR": address,
        "PORTERD_TCP_PORT": str(port),
        "PORTERD_URL": f"http://{address}:{port}",
    }
    if spec.environment_name:
        variables["PORTER_ENVIRONMENT"] = str(spec.environment_name)
    return variables


def job_environment_file(layout: Layout, spec: HostSpec, region: str, job: Job) -> File:
    """What systemd reads for `job`, one of the resolved `spec`."""
    given = {name: str(value) for name, value in job.environment.items()}
    own = _own_variables(spec, region, job)
    variables = quoting.environment_file({"AWS_DEFAULT_REGION": region, **given, **own})
    return File(layout.environment(job_owner(job.name)), variables, 0o600)


def restore(machine: Machine) -> None:
    """Write all tokens and environments, as the last apply left them; fetch the secrets.

    Raises `PorterError`.
    """
    layout = machine.layout
    spec = load(machine, HostSpec, layout.host, ORIGIN)
    deployment = load(machine, Deployment, layout.deployment, "cloud-init writes it at first boot")
    for job in spec.jobs:
        file = job_environment_file(layout, spec, deployment.region, job)
        machine.write(file.path, file.content, file.mode)
    for file in credentials_files(layout, spec, credentials_key(machine)):
        machine.write(file.path, file.content, file.mode)
    vault = Vault(deployment.region)
    known = held_file(layout, spec, vault)
    certificate = certificate_file(layout, spec, vault)
    files = [file for file in (known, certificate) if file]
    for workload in spec.workloads:
        files.append(environment_file(layout, spec, deployment.region, workload, vault))
        files += secret_files(layout, spec, workload, vault)
    for file in files:
        machine.write(file.path, file.content, file.mode)


if __name__ == "__main__":
    try:
        restore(Machine(Layout(Path(os.environ.get("PORTER_ROOT", "/")))))
    except PorterError as error:
        sys.exit(f"porter.host.environment: {error}")
