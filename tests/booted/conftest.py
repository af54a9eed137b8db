"""A sandbox for each module, and synthesis without CDK's validator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.booted.spilled import CommandLines
from tests.harness.sandbox import Sandbox, a_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The sandbox of the module; every rehearsal in it boots machines."""
    with a_sandbox("--machine", "systemd") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def lines() -> Iterator[CommandLines]:
    """Every command line since before the module's first rehearsal."""
    with CommandLines() as lines:
        yield lines


@pytest.fixture(scope="module")
def _fast_synthesis() -> Iterator[None]:
    """Skip CDK's validator, the slowest part of synthesis."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDK_VALIDATION", "false")
        yield
