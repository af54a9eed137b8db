"""All rehearsals of a module's selected rows; they start with its first test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.failures.runs import Runs, selected


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[Runs]:
    """One rehearsal for each row that a selected test is about."""
    yield from selected(request, "process")
