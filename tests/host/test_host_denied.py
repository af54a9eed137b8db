"""Every unit is denied instance metadata, but those with porter's own code that need it."""

from __future__ import annotations

import re
from pathlib import Path

import porter.bundle
import porter.host
from tests.host.every_unit import WRITERS, every_unit

DENIED = re.compile(r"^IPAddressDeny=(any|169\.254\.169\.254 fd00:ec2::254)$", re.MULTILINE)
WRITES = re.compile(r'unit_file\(|"\[Service\]"')
HAS_THE_HOSTS_ROLE = {
    "porterd.service",
    "porterd-bootstrap.service",
    "porter-box.service",
    "porter-lease-report.service",
    "porterd-drain.service",
    "porterd-shutdown.service",
    "porterd-return.service",
}
"""The daemon, the bootstrap (it runs an apply), a container's attendant, a job's lease, the drain,
and what leaves the load balancers in a shutdown and returns.

So has `porter-environment.service` on a host with secrets (`docs/adr/0023-hosts-under-attack.md`).
"""


def test_every_unit_but_those_with_porters_own_code_is_denied_instance_metadata() -> None:
    open_units = {unit for unit, text in every_unit().items() if not DENIED.search(text)}
    assert open_units == HAS_THE_HOSTS_ROLE


def test_no_module_writes_a_unit_that_these_tests_do_not_know() -> None:
    """Add the unit of a new module to `every_unit`."""
    found = set()
    for package in (porter.host, porter.bundle):
        folder = Path(str(package.__file__)).parent
        for path in folder.rglob("*.py"):
            if WRITES.search(path.read_text()):
                found.add(path.relative_to(folder.parent).as_posix())
    assert found == WRITERS
