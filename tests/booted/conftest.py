"""A sandbox for each module, synthesis without CDK's validator, and the seed."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from tests.booted.spilled import CommandLines
from tests.harness.sandbox import Sandbox, a_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The sandbox of the module; every rehearsal in it boots its machines."""
    with a_sandbox("--machine", "systemd") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def lines() -> Iterator[CommandLines]:
    """Every command line from before the module's first rehearsal on."""
    with CommandLines() as lines:
        yield lines


@pytest.fixture(scope="module")
def _fast_synthesis() -> Iterator[None]:
    """Synthesis without its slowest part, CDK's validator."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDK_VALIDATION", "false")
        yield


@pytest.fixture(scope="package")
def seed() -> int:
    """The seed of random moments: PORTER_TEST_SEED, or another one each time."""
    return int(os.environ.get("PORTER_TEST_SEED") or random.SystemRandom().randrange(10**6))
