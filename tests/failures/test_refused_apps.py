"""Apps that synthesis refuses: one by the command line, the others by synthesis alone."""

from __future__ import annotations

import pytest

from tests.failures.app_rows import APP
from tests.failures.rows import Refusal, says
from tests.harness.sandbox import a_sandbox
from tests.harness.synthesis import refusal_of

[NO_SOURCE] = [row for row in APP if row.name == "no-source"]


@pytest.mark.parametrize("row", APP, ids=lambda row: row.name)
def test_the_traceback_of_a_refused_app_leads_to_the_line(row: Refusal) -> None:
    with a_sandbox() as sandbox:
        refusal = refusal_of(row.make(sandbox))
    assert row.is_seen_in(refusal), refusal


def test_a_rehearsal_of_a_refused_app_shows_the_traceback_and_deploys_nothing() -> None:
    with a_sandbox() as sandbox:
        ended = sandbox.rehearse(NO_SOURCE.make(sandbox))
    assert ended.code == 1, ended.err
    assert says(ended.out, f"NOT_CREATED: …cdk synth failed…{NO_SOURCE.seen}"), ended.out
    assert "signal" not in ended.out
    assert ended.left.nothing, ended.left
