"""Each way to fail, through the front door: exit code, reason, time, and nothing left."""

from __future__ import annotations

import pytest

from tests.failures.app_rows import APP
from tests.failures.rows import Failure
from tests.failures.runs import Ended, Runs
from tests.failures.table import FAILURES

pytestmark = pytest.mark.timeout(600)  # a test may wait for those that began before its own

ANYWHERE = tuple(row for row in FAILURES if row.machine == "process")
"""The failures that do not take a booted machine."""

REFUSED = {row.name for row in APP}


@pytest.mark.parametrize("case", ANYWHERE, ids=lambda case: case.name)
def test_a_failure_is_told_in_time_and_leaves_nothing(runs: Runs, case: Failure) -> None:
    assert_told(runs.of(case), case)


def assert_told(ended: Ended, case: Failure) -> None:
    """A rehearsal of `case` ended as its row says."""
    assert ended.code == 1, ended.err
    assert ended.out, ended.err
    said = ended.out if case.as_text else ended.report["reason"]
    assert case.is_seen_in(said), said
    if case.as_text:
        status = "NOT_CREATED" if case.name in REFUSED else "ROLLBACK_COMPLETE"
        assert f"\n{status}: " in said
    else:
        assert ended.report["stack_status"] == "ROLLBACK_COMPLETE"
        assert len(said.encode()) < 1400, "a reason of 1 KB and CloudFormation's words around it"
        assert [one["status"] for one in ended.report["signals"]] == [*case.signals]
    assert ended.seconds <= case.within * ended.slowness
    assert ended.left == []
