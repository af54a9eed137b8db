"""One playground per test module."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rehearsal.playground import Playground


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """A folder for apps, and a TMPDIR that only this module's rehearsals use."""
    # Not tmp_path: below it, the path of HAProxy's socket would be too long.
    with tempfile.TemporaryDirectory(prefix="pt") as folder:
        yield Playground(Path(folder))
