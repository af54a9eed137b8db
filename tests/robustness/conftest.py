"""Random instants, and synthesis without its slowest part: it is not what is tested here."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from tests.robustness.remains import scene

INSTANTS = 10


@pytest.fixture(scope="package", autouse=True)
def _fast_synthesis() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDK_VALIDATION", "false")
        yield


@pytest.fixture(scope="package")
def duration() -> float:
    """Seconds that a whole rehearsal takes here, from its start to its exit."""
    with scene() as one:
        process = one.start()
        began = time.monotonic()
        ended = one.end(process, lambda: None)
        assert ended.code == 0, ended.err
        assert ended.nothing, ended
        return time.monotonic() - began


def instants(seed: int, duration: float) -> list[float]:
    """Random seconds of a rehearsal, one in each tenth of `duration`."""
    draw = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    return [(tenth + draw.random()) * duration / INSTANTS for tenth in range(INSTANTS)]
