"""Every failure by the command line: exit code, reason, time, and no leftovers."""

from __future__ import annotations

import pytest

from tests.failures.outcomes import assert_failed
from tests.failures.rows import Failure, tiered
from tests.failures.runs import Runs
from tests.failures.table import ANYWHERE

pytestmark = pytest.mark.timeout(1500)  # a test may wait for earlier rehearsals


@pytest.mark.parametrize("case", tiered(ANYWHERE))
def test_a_failed_deployment_says_why_in_time_and_leaves_nothing(runs: Runs, case: Failure) -> None:
    assert_failed(runs.of(case), case)
