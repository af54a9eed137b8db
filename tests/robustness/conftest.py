"""Random instants, and synthesis without its slowest part: it is not what is tested here."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from tests.harness.sandbox import a_sandbox

INSTANTS = 10


@pytest.fixture(scope="package", autouse=True)
def _fast_synthesis() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDK_VALIDATION", "false")
        yield


@pytest.fixture(scope="package")
def duration() -> float:
    """Seconds that a whole rehearsal takes here, from its start to its exit."""
    with a_sandbox() as sandbox:
        ended = sandbox.rehearse(sandbox.app())
        assert ended.code == 0, ended.err
        assert ended.left.nothing, ended.left
        return ended.seconds


@pytest.fixture(scope="package")
def seed() -> int:
    """PORTER_TEST_SEED repeats a run."""
    return int(os.environ.get("PORTER_TEST_SEED") or random.SystemRandom().randrange(10**6))


def instants(seed: int, duration: float) -> list[float]:
    """Random seconds of a rehearsal, one in each tenth of `duration`."""
    draw = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    return [(tenth + draw.random()) * duration / INSTANTS for tenth in range(INSTANTS)]
