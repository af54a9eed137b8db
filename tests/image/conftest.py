"""A recipe that is built in seconds, and a cache of its own for it."""

from pathlib import Path

import pytest

from porter.rehearsal.machines.image.recipe import Recipe
from porter.rehearsal.machines.image.sources import of_host


@pytest.fixture
def small() -> Recipe:
    """A recipe of one package, unpacked and not installed: the machinery without the wait."""
    return Recipe(
        "debian-12",
        sources=of_host("bookworm"),
        packages=("base-files",),
        options=("--variant=extract", "--mode=root"),
    )


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where images are kept in this test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "porter" / "images"
