"""Every failure a deployment may end with, by who tells it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.failures.app_rows import APP
from tests.failures.boot_rows import BOOT
from tests.failures.container_rows import CONTAINERS, ENDS, IMAGES
from tests.failures.handle_rows import HANDLE
from tests.failures.machine_rows import MACHINE, UNHEARD
from tests.failures.rows import Failure, Told
from tests.failures.secret_rows import SECRETS
from tests.failures.service_rows import SERVICE
from tests.failures.told_rows import AGENTS
from tests.failures.worker_rows import WORKERS

SECTIONS: Mapping[str, tuple[Failure | Told, ...]] = {
    "Synthesis refuses the app": APP,
    "The host does not get as far as its service": BOOT,
    "The service does not become healthy": SERVICE,
    "A worker is not well": WORKERS,
    "A secret cannot be had, or not be used": SECRETS,
    "A container cannot be": (*CONTAINERS, *IMAGES, *ENDS),
    "An agent cannot be set up": AGENTS,
    "The machine is not as it should be": MACHINE,
    "CloudFormation hears nothing": (*HANDLE, *UNHEARD),
}

FAILURES = tuple(row for rows in SECTIONS.values() for row in rows if isinstance(row, Failure))
TOLD = tuple(row for rows in SECTIONS.values() for row in rows if isinstance(row, Told))

ANYWHERE = tuple(row for row in FAILURES if row.machine == "process")
"""The failures that do not take a booted machine."""
