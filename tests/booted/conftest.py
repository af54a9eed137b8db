"""A stage per test module, synthesis that is fast where it is not the point, and the seed."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.booted.stage import Stage


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A folder for apps, and a TMPDIR that only this module's rehearsals use."""
    # Not tmp_path: below it, the paths of sockets would be too long.
    with tempfile.TemporaryDirectory(prefix="pb") as folder:
        stage = Stage(Path(folder))
        try:
            yield stage
        finally:
            stage.close()


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
