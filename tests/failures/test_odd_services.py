"""What is slow or odd, but no failure."""

from __future__ import annotations

import pytest

from tests.failures.odd import ODD
from tests.failures.outcomes import assert_succeeded
from tests.failures.rows import Success
from tests.failures.runs import Runs

pytestmark = pytest.mark.timeout(600)  # a test may wait for those that began before its own


@pytest.mark.parametrize("case", ODD, ids=lambda case: case.name)
def test_what_is_only_odd_succeeds_with_one_signal(runs: Runs, case: Success) -> None:
    assert_succeeded(runs.of(case), case)
