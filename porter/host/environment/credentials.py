"""The tokens by which porterd recognizes programs: new at each boot, in memory only."""

from __future__ import annotations

import secrets

from porter.host.core import quoting
from porter.host.core.goal import Goal
from porter.host.core.service import File
from porter.host.core.view import View
from porter.spec import (
    CONTAINERS_HOST,
    CREDENTIALS_PATH,
    ContainerWorkload,
    HostSpec,
    Job,
    Workload,
    job_owner,
    workload_token,
)

LOOPBACK = "127.0.0.1"
_KEY_BYTES = 32


def credentials_key(view: View) -> bytes:
    """Return the key of this boot, from which all tokens are derived, or a new one."""
    found = view.read(view.layout.credentials_key)
    return found.content if found else secrets.token_hex(_KEY_BYTES).encode()


def credentials_files(goal: Goal, key: bytes) -> tuple[File, ...]:
    """Return the key, a credential of porterd's unit, and the token file of each program.

    They differ after every boot, so they restart no unit.
    """
    layout, spec = goal.layout, goal.spec
    if not spec.hands_out_credentials:
        return ()
    owners = [(spec.running_name(one), one.name, porterd_host(one)) for one in spec.workloads]
    owners += [(job_owner(job.name), job_owner(job.name), porterd_host(job)) for job in spec.jobs]
    tokens = (
        File(layout.token(running), _variables(spec, name, address, key), 0o600)
        for running, name, address in owners
    )
    return (File(layout.credentials_key, key, 0o600), *tokens)


def porterd_host(runs: Workload | Job) -> str:
    """Return the address at which `runs` reaches porterd."""
    return CONTAINERS_HOST if isinstance(runs, ContainerWorkload) else LOOPBACK


def _variables(spec: HostSpec, name: str, address: str, key: bytes) -> bytes:
    """Return the variables of the SDKs' "Container credential provider" (their reference guide)."""
    return quoting.environment_file(
        {
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": workload_token(key, name),
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": (
                f"http://{address}:{spec.porterd.port}{CREDENTIALS_PATH}"
            ),
        }
    )
