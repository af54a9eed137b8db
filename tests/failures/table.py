"""Every failure that a deployment may end with, by the component that reports it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.failures.app_rows import APP
from tests.failures.boot_rows import BOOT
from tests.failures.container_rows import CONTAINERS, ENDS, IMAGES
from tests.failures.handle_rows import HANDLE
from tests.failures.launch_rows import LAUNCH
from tests.failures.machine_rows import MACHINE, UNHEARD
from tests.failures.rows import Failure, Told
from tests.failures.secret_rows import SECRETS
from tests.failures.service_rows import SERVICE
from tests.failures.told_rows import AGENTS, ENTRY
from tests.failures.worker_rows import WORKERS

SECTIONS: Mapping[str, tuple[Failure | Told, ...]] = {
    "Synthesis refuses the app": APP,
    "EC2 launches no host": LAUNCH,
    "The host fails before it starts the service": BOOT,
    "The service does not become healthy": (*SERVICE, *ENTRY),
    "A worker fails": WORKERS,
    "A secret cannot be read or used": SECRETS,
    "A container cannot start": (*CONTAINERS, *IMAGES, *ENDS),
    "An agent cannot be installed": AGENTS,
    "The machine or its network is broken": MACHINE,
    "CloudFormation receives no signal": (*HANDLE, *UNHEARD),
}

FAILURES = tuple(row for rows in SECTIONS.values() for row in rows if isinstance(row, Failure))
TOLD = tuple(row for rows in SECTIONS.values() for row in rows if type(row) is Told)

ANYWHERE = tuple(row for row in FAILURES if row.machine == "process")
"""The failures that need no booted machine."""
