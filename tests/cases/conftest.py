"""One sandbox for all apps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.sandbox import Sandbox, a_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A folder for apps, and a TMPDIR that only these rehearsals use."""
    with a_sandbox() as sandbox:
        yield sandbox
