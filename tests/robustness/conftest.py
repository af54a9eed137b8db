"""The duration of a rehearsal here."""

from __future__ import annotations

import pytest

from tests.harness.sandbox import a_sandbox


@pytest.fixture(scope="package")
def duration() -> float:
    """Seconds of a whole rehearsal here, from its start to its exit."""
    with a_sandbox() as sandbox:
        ended = sandbox.rehearse(sandbox.app())
        assert ended.code == 0, ended.err
        assert ended.left.nothing, ended.left
        return ended.seconds
