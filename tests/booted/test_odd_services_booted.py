"""What is slow or odd, but no failure, on a booted machine either."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.failures.odd import ODD
from tests.failures.outcomes import assert_succeeded
from tests.failures.rows import Success
from tests.failures.runs import Runs, selected

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root"),
    pytest.mark.timeout(900),  # a test may wait for those that began before its own
]


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[Runs]:
    """One rehearsal for each case that a selected test is about."""
    yield from selected(request, "systemd")


@pytest.mark.parametrize("case", [row.booted() for row in ODD], ids=lambda case: case.name)
def test_what_is_only_odd_succeeds_on_a_booted_machine(runs: Runs, case: Success) -> None:
    assert_succeeded(runs.of(case), case)
