"""One sandbox per test module; an account of the embedded AWS, and load balancers beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from porter.aws.clients import Clients
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.fleet.targets import Targets
from tests.harness.free_port import free_port
from tests.harness.sandbox import Sandbox, a_sandbox
from tests.rehearsal.stacks import Stacks


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A folder for apps, and a TMPDIR that only this module's rehearsals use."""
    with a_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def aws(emulator: Emulator) -> Clients:
    """AWS for the root of an account."""
    environment = Environment(account="123456789012", region="eu-west-1")
    return account.clients(environment, emulator.endpoint)


@pytest.fixture(scope="module")
def stacks(emulator: Emulator) -> Stacks:
    """Stacks of one account."""
    return Stacks(emulator)


@pytest.fixture
def targets(emulator: Emulator) -> Iterator[Targets]:
    """Load balancers that tell the embedded AWS what they see."""
    with tempfile.TemporaryDirectory(prefix="lb") as folder:
        targets = Targets(Path(folder), free_port, tell=emulator.tell_health)
        yield targets
        targets.stop()
