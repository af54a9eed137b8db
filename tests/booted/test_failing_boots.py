"""Boots that fail because of the machine or its network: each reason, in time, and nothing left."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.failures.container_rows import ENDS, IMAGES
from tests.failures.machine_rows import MACHINE, UNHEARD
from tests.failures.odd import ODD_MACHINES
from tests.failures.outcomes import assert_failed, assert_succeeded
from tests.failures.rows import Failure, Success
from tests.failures.runs import Runs, selected

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root"),
    pytest.mark.timeout(900),  # a test may wait for those that began before its own
]


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[Runs]:
    """One rehearsal for each case that a selected test is about."""
    yield from selected(request, "systemd")


@pytest.mark.parametrize("case", [*MACHINE, *IMAGES], ids=lambda case: case.name)
def test_what_is_wrong_with_the_machine_is_the_reason(runs: Runs, case: Failure) -> None:
    assert_failed(runs.of(case), case)


@pytest.mark.parametrize("case", ENDS, ids=lambda case: case.name)
def test_why_a_container_does_not_stay_up_is_the_reason(runs: Runs, case: Failure) -> None:
    assert_failed(runs.of(case), case)


@pytest.mark.parametrize("case", UNHEARD, ids=lambda case: case.name)
def test_where_nobody_can_tell_the_end_of_the_console_is_shown(runs: Runs, case: Failure) -> None:
    assert_failed(runs.of(case), case)


@pytest.mark.parametrize("case", ODD_MACHINES, ids=lambda case: case.name)
def test_what_is_only_slow_succeeds(runs: Runs, case: Success) -> None:
    assert_succeeded(runs.of(case), case)
