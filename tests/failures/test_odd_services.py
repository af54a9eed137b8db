"""Slow or unusual services and networks that work."""

from __future__ import annotations

import pytest

from tests.failures.odd import FAULT_FREE, FAULTY, stack_of, together
from tests.failures.outcomes import assert_succeeded
from tests.failures.rows import Success, tiered
from tests.failures.runs import Runs
from tests.harness.ended import Ended
from tests.harness.sandbox import a_sandbox

pytestmark = pytest.mark.timeout(1500)  # a test may wait for earlier rehearsals


@pytest.mark.parametrize("case", tiered(FAULTY))
def test_a_passing_fault_only_costs_its_seconds(runs: Runs, case: Success) -> None:
    assert_succeeded(runs.of(case), case)


@pytest.fixture(scope="module")
def ended() -> Ended:
    """One rehearsal of an app with a stack for each odd service."""
    with a_sandbox() as sandbox:
        ended = sandbox.rehearse(together(sandbox), "--json", "--timeout", "400")
    assert ended.code == 0, ended.out + ended.err
    assert ended.left.nothing, ended.left
    return ended


@pytest.mark.machines
@pytest.mark.parametrize("row", FAULT_FREE, ids=lambda row: row.name)
def test_an_odd_service_is_healthy_and_its_host_signals_once(ended: Ended, row: Success) -> None:
    healthy = f"{stack_of(row)}-service is healthy"
    of_row = [one for one in ended.report["signals"] if one["reason"].startswith(healthy)]
    assert [one["status"] for one in of_row] == ["SUCCESS"], ended.report


@pytest.mark.machines
def test_odd_services_in_stacks_of_one_app_all_complete(ended: Ended) -> None:
    assert ended.report["stack_status"] == "CREATE_COMPLETE"
    assert len(ended.report["signals"]) == len(FAULT_FREE)
