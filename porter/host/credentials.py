"""The tokens by which porterd knows the workloads: made anew at each boot, in memory alone."""

from __future__ import annotations

import secrets

from porter.host import quoting
from porter.host.layout import Layout
from porter.host.machine import Machine
from porter.host.service import File
from porter.spec import (
    CONTAINERS_HOST,
    CREDENTIALS_PATH,
    ContainerWorkload,
    HostSpec,
    Workload,
    workload_token,
)

_KEY_BYTES = 32


def credentials_key(machine: Machine) -> bytes:
    """The key of this boot, from which all tokens are derived; a new one where there is none."""
    found = machine.read(machine.layout.credentials_key)
    return found.content if found else secrets.token_hex(_KEY_BYTES).encode()


def credentials_files(layout: Layout, spec: HostSpec, key: bytes) -> tuple[File, ...]:
    """The key, which systemd hands to porterd, and what systemd reads for each workload.

    None of them decides about a restart: they differ after every boot.
    """
    if not spec.hands_out_credentials:
        return ()
    tokens = (
        File(layout.token(spec.running_name(workload)), _variables(spec, workload, key), 0o600)
        for workload in spec.workloads
    )
    return (File(layout.credentials_key, key, 0o600), *tokens)


def _variables(spec: HostSpec, workload: Workload, key: bytes) -> bytes:
    """What every AWS SDK looks for ("Container credential provider" in their reference guide)."""
    address = CONTAINERS_HOST if isinstance(workload, ContainerWorkload) else "127.0.0.1"
    return quoting.environment_file(
        {
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": workload_token(key, workload.name),
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": (
                f"http://{address}:{spec.porterd.port}{CREDENTIALS_PATH}"
            ),
        }
    )
