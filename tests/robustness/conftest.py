"""How long a rehearsal takes here, and the seed of random moments."""

from __future__ import annotations

import os
import random

import pytest

from tests.harness.sandbox import a_sandbox


@pytest.fixture(scope="package")
def duration() -> float:
    """Seconds of a whole rehearsal here, from its start to its exit."""
    with a_sandbox() as sandbox:
        ended = sandbox.rehearse(sandbox.app())
        assert ended.code == 0, ended.err
        assert ended.left.nothing, ended.left
        return ended.seconds


@pytest.fixture(scope="package")
def seed() -> int:
    """PORTER_TEST_SEED repeats a run."""
    return int(os.environ.get("PORTER_TEST_SEED") or random.SystemRandom().randrange(10**6))
