"""One stack on booted machines, through several versions, under requests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from porter.rehearsal.fleet.kinds import IMAGES, kind_of
from porter.rehearsal.rehearse import Rehearsal, rehearsal
from tests.harness.conditions import boots
from tests.harness.sandbox import Sandbox, a_sandbox
from tests.harness.traces import rehearsals_in, traces
from tests.rehearsal.updates import assert_updates

pytestmark = [
    pytest.mark.exhaustive,
    boots,
    pytest.mark.timeout(600),
]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The sandbox of this test."""
    with a_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def stage(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """An embedded AWS for several versions on booted machines."""
    monkeypatch.setenv("TMPDIR", str(sandbox.temporary))
    with rehearsal(timeout=200, kind=kind_of("systemd", IMAGES[0])) as stage:
        rehearsals = rehearsals_in(sandbox.temporary)
        yield stage
    left = traces(sandbox.temporary, rehearsals)
    assert left.nothing, left


def test_no_request_fails_while_booted_versions_come_and_a_broken_one_goes(
    sandbox: Sandbox, stage: Rehearsal
) -> None:
    """Deploy v1, v2, v2 again, v2 with a new tag on its load balancer, a broken v3, and v4."""
    assert_updates(sandbox, stage)
