"""docs/explanation/failure-states.md has the reasons that the tests observe."""

from __future__ import annotations

from pathlib import Path

from porter.rehearsal.faults import Fault
from tests.failures.odd import ODD, ODD_MACHINES
from tests.failures.page import PAGE, render
from tests.failures.table import FAILURES, TOLD

TESTS = Path(__file__).parents[1]


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == render(), "run: python -m tests.failures.page"


def test_every_fault_is_rehearsed() -> None:
    assert {fault for case in (*FAILURES, *ODD, *ODD_MACHINES) for fault in case.faults} == {*Fault}


def test_every_reason_of_told_rows_is_observed_by_a_test() -> None:
    observed = "".join(file.read_text("utf-8") for file in TESTS.rglob("test_*.py"))
    assert [row.name for row in TOLD if f'told("{row.name}").is_seen_in(' not in observed] == []
