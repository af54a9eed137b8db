"""Each way to fail, through the front door: exit code, reason, time, and nothing left."""

from __future__ import annotations

import pytest

from tests.failures.outcomes import assert_failed
from tests.failures.rows import Failure
from tests.failures.runs import Runs
from tests.failures.table import ANYWHERE

pytestmark = pytest.mark.timeout(600)  # a test may wait for those that began before its own


@pytest.mark.parametrize("case", ANYWHERE, ids=lambda case: case.name)
def test_a_failure_is_told_in_time_and_leaves_nothing(runs: Runs, case: Failure) -> None:
    assert_failed(runs.of(case), case)
