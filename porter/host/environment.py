"""The environments of the workloads, on a tmpfs: `python -m porter.host.environment` after a boot.

Values of an environment may be secrets, so they rest in one file on disk (`host.json`), and what
systemd reads is in memory. `porter host apply` writes it; `porter-environment.service` runs this
module to write it again at every boot, before the workloads, and to settle which of two slots
serves. Secrets of AWS rest on no disk: where
there are any, they are fetched again, else it needs no network.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from porter.errors import PorterError
from porter.host import quoting
from porter.host.certificate import certificate_file
from porter.host.credentials import credentials_files, credentials_key, porterd_host
from porter.host.goal import load
from porter.host.haproxy_backend import redirected
from porter.host.layout import Layout
from porter.host.machine import Machine
from porter.host.secrets import held_file, secret_files, secret_variables
from porter.host.service import File
from porter.host.slots import idle_name
from porter.host.vault import Vault
from porter.spec import Deployment, HostSpec, Job, Workload, job_owner, workload_unit

ORIGIN = "`porter host apply` writes it"


def environment_file(
    layout: Layout, spec: HostSpec, region: str, workload: Workload, vault: Vault
) -> File:
    """What systemd reads for `workload`, one of the resolved `spec`; its secrets are in `vault`."""
    secret = secret_variables(layout, spec, workload, vault)
    variables = {**_given(region, workload), **secret, **_own_variables(spec, region, workload)}
    if workload.port is not None:
        variables["PORT"] = str(workload.port)
    return _file(layout, spec.running_name(workload), variables)


def _file(layout: Layout, owner: str, variables: Mapping[str, str]) -> File:
    return File(layout.environment(owner), quoting.environment_file(variables), 0o600)


def _given(region: str, runs: Workload | Job) -> dict[str, str]:
    """What a user sets for `runs`, and may set for boto3, which does not read AWS_REGION."""
    given = {name: str(value) for name, value in runs.environment.items()}
    return {"AWS_DEFAULT_REGION": region, **given}


def _own_variables(spec: HostSpec, region: str, runs: Workload | Job) -> dict[str, str]:
    """What porter sets for `runs`, and a user cannot (`RESERVED_VARIABLES`)."""
    address, port = porterd_host(runs), spec.porterd.port
    variables = {
        "AWS_REGION": region,
        "PORTERD_TCP_ADDR": address,
        "PORTERD_TCP_PORT": str(port),
        "PORTERD_URL": f"http://{address}:{port}",
    }
    if spec.environment_name:
        variables["PORTER_ENVIRONMENT"] = str(spec.environment_name)
    return variables


def job_environment_file(
    layout: Layout, spec: HostSpec, region: str, job: Job, vault: Vault
) -> File:
    """What systemd reads for `job`, one of the resolved `spec`; its secrets are in `vault`."""
    secret = secret_variables(layout, spec, job, vault)
    variables = {**_given(region, job), **secret, **_own_variables(spec, region, job)}
    return _file(layout, job_owner(job.name), variables)


def restore(machine: Machine) -> None:
    """Write all tokens and environments, as the last apply left them; fetch the secrets.

    Raises `PorterError`.
    """
    layout = machine.layout
    spec = load(machine, HostSpec, layout.host, ORIGIN)
    _settle_slots(machine, spec)
    deployment = load(machine, Deployment, layout.deployment, "cloud-init writes it at first boot")
    for file in credentials_files(layout, spec, credentials_key(machine)):
        machine.write(file.path, file.content, file.mode)
    vault = Vault(deployment.region)
    known = held_file(layout, spec, vault)
    certificate = certificate_file(layout, spec, vault)
    files = [file for file in (known, certificate) if file]
    for workload in spec.workloads:
        files.append(environment_file(layout, spec, deployment.region, workload, vault))
        files += secret_files(layout, spec, workload, vault)
    for job in spec.jobs:
        files.append(job_environment_file(layout, spec, deployment.region, job, vault))
        files += secret_files(layout, spec, job, vault)
    for file in files:
        machine.write(file.path, file.content, file.mode)


def _settle_slots(machine: Machine, spec: HostSpec) -> None:
    """Let the live slot alone start and have the requests, if a swap was cut short by the boot.

    Where an environment is, this boot has been through here: a swap may be going on.
    """
    web, layout, idle = spec.web, machine.layout, idle_name(spec)
    if not web or machine.names(layout.environment(web.name).parent):
        return
    if machine.read(layout.unit(workload_unit(idle))):
        machine.write(layout.idle(idle), b"", 0o644)
    cfg = machine.read(layout.haproxy_cfg)
    if cfg and cfg.content != redirected(cfg.content, spec):
        machine.write(layout.haproxy_cfg, redirected(cfg.content, spec), cfg.mode)


if __name__ == "__main__":
    try:
        restore(Machine(Layout(Path(os.environ.get("PORTER_ROOT", "/")))))
    except PorterError as error:
        sys.exit(f"porter.host.environment: {error}")
