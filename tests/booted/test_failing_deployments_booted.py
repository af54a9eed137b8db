"""Each way to fail, on a booted machine: the same reason, exit code and signals as anywhere."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.failures.outcomes import assert_failed
from tests.failures.rows import Failure
from tests.failures.runs import Runs, selected
from tests.failures.table import ANYWHERE

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root"),
    pytest.mark.timeout(900),  # a test may wait for those that began before its own
]


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[Runs]:
    """One rehearsal for each case that a selected test is about."""
    yield from selected(request, "systemd")


@pytest.mark.parametrize(
    "case", [row.booted() for row in ANYWHERE if row.booted_too], ids=lambda case: case.name
)
def test_a_failure_on_a_booted_machine_is_told_and_leaves_nothing(
    runs: Runs, case: Failure
) -> None:
    assert_failed(runs.of(case), case)
