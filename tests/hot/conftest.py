"""Hosts that are up, for the tests of one module or of one test."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hot.host import HotHost, hot_host


@pytest.fixture
def hot() -> Iterator[HotHost]:
    """A host that serves version `1`."""
    # Not tmp_path: below it, the path of HAProxy's socket would be too long.
    with tempfile.TemporaryDirectory(prefix="ph") as folder, hot_host(Path(folder)) as there:
        yield there
