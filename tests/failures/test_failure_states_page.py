"""docs/explanation/failure-states.md says what the tests have seen."""

from __future__ import annotations

from porter.rehearsal.faults import Fault
from tests.failures.odd import ODD, ODD_MACHINES
from tests.failures.page import PAGE, render
from tests.failures.table import FAILURES


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == render(), "run: python -m tests.failures.page"


def test_every_fault_is_rehearsed() -> None:
    assert {fault for case in (*FAILURES, *ODD, *ODD_MACHINES) for fault in case.faults} == {*Fault}
