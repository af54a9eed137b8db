"""A stage per test module, and synthesis that is fast where it is not the point."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.booted.spilled import CommandLines
from tests.booted.stage import Stage, a_stage


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One for the module."""
    with a_stage() as stage:
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
