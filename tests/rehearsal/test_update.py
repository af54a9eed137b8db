"""One stack on played machines, through several versions, as a team deploys it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import pytest

from porter.rehearsal.rehearse import Rehearsal, rehearsal
from tests.harness.sandbox import Sandbox
from tests.rehearsal.updates import assert_updates


@pytest.fixture
def stage(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """An embedded AWS for several versions."""
    monkeypatch.setattr(tempfile, "tempdir", str(sandbox.temporary))
    with rehearsal(timeout=120) as stage:
        yield stage
    assert sandbox.processes() == {}
    assert sandbox.files() == []


@pytest.mark.argument("Rollout.replacing()", "no request fails, even during a broken release")
@pytest.mark.argument("PorterHost(rollout=...)", "an update replaces the hosts")
@pytest.mark.machines
def test_no_request_fails_while_versions_come_and_a_broken_one_goes(
    sandbox: Sandbox, stage: Rehearsal
) -> None:
    assert_updates(sandbox, stage)
