"""Compare the end of a rehearsal with its row."""

from __future__ import annotations

from tests.failures.rows import Case, Failure, Success
from tests.harness.ended import Ended


def assert_failed(ended: Ended, case: Failure) -> None:
    """Assert that a rehearsal of `case` ended as its row says."""
    assert ended.code == 1, ended.err
    assert ended.out, ended.err
    said = ended.out if case.as_text else ended.report["reason"]
    assert case.is_seen_in(said), said
    if case.as_text:
        assert f"\n{case.status}: " in said
        assert said.count("signal FAILURE from i-") == len(case.signals)
    else:
        assert ended.report["stack_status"] == case.status
        assert len(said.encode()) < 1400, "a reason of 1 KB and CloudFormation's words around it"
        assert [one["status"] for one in ended.report["signals"]] == [*case.signals]
    assert_in_time_and_gone(ended, case)


def assert_succeeded(ended: Ended, case: Success) -> None:
    """Assert that a rehearsal of `case` succeeded in time."""
    assert ended.code == 0, ended.out + ended.err
    [signal] = ended.report["signals"]
    assert (ended.report["stack_status"], signal["status"]) == ("CREATE_COMPLETE", "SUCCESS")
    assert_in_time_and_gone(ended, case)


def assert_in_time_and_gone(ended: Ended, case: Case) -> None:
    """Assert that the result came within the row's seconds, and that nothing is left."""
    assert ended.seconds <= case.within * ended.slowness
    assert ended.left.nothing, ended.left
