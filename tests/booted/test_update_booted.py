"""One stack on booted machines, version after version, through what stands before them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from porter.rehearsal.fleet.kinds import IMAGES, kind_of
from porter.rehearsal.rehearse import Rehearsal, rehearsal
from tests.failures.runs import traces
from tests.rehearsal.playground import Playground
from tests.rehearsal.test_update import assert_updates

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root"),
    pytest.mark.timeout(600),
]


@pytest.fixture
def playground() -> Iterator[Playground]:
    """A TMPDIR of its own. Not tmp_path: below it, the path of HAProxy's socket is too long."""
    with tempfile.TemporaryDirectory(prefix="pt") as folder:
        yield Playground(Path(folder))


@pytest.fixture
def stage(playground: Playground, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """An embedded AWS for several versions on booted machines."""
    monkeypatch.setenv("TMPDIR", str(playground.temporary))
    monkeypatch.setenv("CDK_VALIDATION", "false")  # seconds faster, and not what this is about
    with rehearsal(timeout=200, kind=kind_of("systemd", IMAGES[0])) as stage:
        [folder] = playground.temporary.glob("porter-rehearsal-*")
        yield stage
    assert playground.processes() == []
    assert list(playground.temporary.iterdir()) == []
    assert traces(folder.name) == []


def test_no_request_fails_while_booted_versions_come_and_a_broken_one_goes(
    playground: Playground, stage: Rehearsal
) -> None:
    """v1, v2, v2 again, a new tag on its load balancer, a broken v3, v4."""
    assert_updates(playground, stage)
