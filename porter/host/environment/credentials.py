"""The tokens by which porterd knows the workloads: made anew at each boot, in memory alone."""

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
    """The key of this boot, from which all tokens are derived; a new one where there is none."""
    found = view.read(view.layout.credentials_key)
    return found.content if found else secrets.token_hex(_KEY_BYTES).encode()


def credentials_files(goal: Goal, key: bytes) -> tuple[File, ...]:
    """The key, which systemd hands to porterd, and what systemd reads for each workload.

    None of them decides about a restart: they differ after every boot.
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
    """The address by which `runs` reaches porterd."""
    return CONTAINERS_HOST if isinstance(runs, ContainerWorkload) else LOOPBACK


def _variables(spec: HostSpec, name: str, address: str, key: bytes) -> bytes:
    """What every AWS SDK looks for ("Container credential provider" in their reference guide)."""
    return quoting.environment_file(
        {
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": workload_token(key, name),
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": (
                f"http://{address}:{spec.porterd.port}{CREDENTIALS_PATH}"
            ),
        }
    )
