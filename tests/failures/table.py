"""Every failure a deployment may end with, by who tells it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.failures.app_rows import APP
from tests.failures.boot_rows import BOOT
from tests.failures.handle_rows import HANDLE
from tests.failures.machine_rows import MACHINE, UNHEARD
from tests.failures.rows import Failure
from tests.failures.service_rows import SERVICE

SECTIONS: Mapping[str, tuple[Failure, ...]] = {
    "Synthesis refuses the app": APP,
    "The host does not get as far as its service": BOOT,
    "The service does not become healthy": SERVICE,
    "The machine is not as it should be": MACHINE,
    "CloudFormation hears nothing": (*HANDLE, *UNHEARD),
}

FAILURES = tuple(row for rows in SECTIONS.values() for row in rows)
