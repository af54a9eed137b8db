"""Versions of an app on booted machines: replaced without a failed request, or told why not."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest

from porter.rehearsal.kinds import IMAGES, kind_of
from porter.rehearsal.rehearse import Rehearsal, rehearsal
from tests.rehearsal.playground import Playground
from tests.rehearsal.test_update import APP, BROKEN, SERVICE

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root")


@pytest.fixture
def stage(playground: Playground, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """An embedded AWS for several versions on booted machines."""
    monkeypatch.setattr(tempfile, "tempdir", str(playground.temporary))
    monkeypatch.setenv("CDK_VALIDATION", "false")  # seconds faster, and not what this is about
    with rehearsal(timeout=180, kind=kind_of("systemd", IMAGES[0])) as stage:
        yield stage
    assert playground.processes() == []
    assert list(playground.temporary.iterdir()) == []


def test_no_request_fails_while_a_version_comes_and_a_broken_one_goes(
    playground: Playground, stage: Rehearsal
) -> None:
    """v1, v2, and a v3 that exits at once."""
    app = APP.format(more="")
    versions = [
        playground.app(name, app=app, service__main=service)
        for name, service in (
            ("v1", SERVICE.format(version="v1")),
            ("v2", SERVICE.format(version="v2")),
            ("v3", BROKEN),
        )
    ]
    first, second, broken = [stage.deploy(version) for version in versions]

    assert first.ok, (first.reason, first.evidence)
    assert second.ok, (second.reason, second.evidence)
    assert second.stack_status == "UPDATE_COMPLETE"
    assert (second.hosts_started, second.hosts_stopped) == (1, 1)
    assert len(second.signals) == 1
    assert second.requests > 100

    assert broken.stack_status == "UPDATE_ROLLBACK_COMPLETE"
    assert "version 3 lost its configuration" in broken.reason
    assert (broken.hosts_started, broken.hosts_stopped) == (1, 0)
    assert (second.failed_requests, broken.failed_requests) == (0, 0)
