"""What is slow or odd, but no failure."""

from __future__ import annotations

import pytest

from tests.failures.odd import ODD
from tests.failures.rows import Success
from tests.failures.runs import Ended, Runs

pytestmark = pytest.mark.timeout(600)  # a test may wait for those that began before its own


@pytest.mark.parametrize("case", ODD, ids=lambda case: case.name)
def test_what_is_only_odd_succeeds_with_one_signal(runs: Runs, case: Success) -> None:
    assert_succeeded(runs.of(case), case)


def assert_succeeded(ended: Ended, case: Success) -> None:
    """A rehearsal of `case` ended well, and in time."""
    assert ended.code == 0, ended.out + ended.err
    [signal] = ended.report["signals"]
    assert (ended.report["stack_status"], signal["status"]) == ("CREATE_COMPLETE", "SUCCESS")
    assert ended.seconds <= case.within * ended.slowness
    assert ended.left == []
