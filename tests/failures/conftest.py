"""All rehearsals of the selected rows, begun when the first test wants its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.failures.rows import Case
from tests.failures.runs import Runs

os.environ["CDK_VALIDATION"] = "false"  # seconds a run; what it checks is the CDK's own affair


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest) -> Iterator[Runs]:
    """One rehearsal for each case that a selected test is about."""
    calls = (getattr(item, "callspec", None) for item in request.session.items)
    cases = [call.params["case"] for call in calls if call and "case" in call.params]
    started = Runs(dict.fromkeys(case for case in cases if isinstance(case, Case)))
    yield started
    started.close()
