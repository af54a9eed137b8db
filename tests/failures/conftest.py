"""All rehearsals of the selected rows, begun when the first test wants its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.failures.runs import Runs, selected

os.environ["CDK_VALIDATION"] = "false"  # seconds a run; what it checks is the CDK's own affair


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest) -> Iterator[Runs]:
    """One rehearsal for each case that a selected test is about."""
    yield from selected(request, "process")
