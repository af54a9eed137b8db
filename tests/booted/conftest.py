"""A stage per test module, synthesis that is fast where it is not the point, and the seed."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from tests.booted.spilled import CommandLines
from tests.harness.sandbox import Sandbox, a_sandbox


@pytest.fixture(scope="module")
def stage() -> Iterator[Sandbox]:
    """One for the module."""
    with a_sandbox("--machine", "systemd") as stage:
        yield stage


@pytest.fixture(scope="module")
def lines() -> Iterator[CommandLines]:
    """All command lines of a module's time, for one that uses this before its rehearsal."""
    with CommandLines() as lines:
        yield lines


@pytest.fixture(scope="module")
def _fast_synthesis() -> Iterator[None]:
    """Synthesis without its slowest part."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDK_VALIDATION", "false")
        yield


@pytest.fixture(scope="package")
def seed() -> int:
    """PORTER_TEST_SEED repeats a run."""
    return int(os.environ.get("PORTER_TEST_SEED") or random.SystemRandom().randrange(10**6))
