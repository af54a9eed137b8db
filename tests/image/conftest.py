"""A small recipe, which builds in seconds, and a cache for it."""

from pathlib import Path

import pytest

from porter.rehearsal.machines.image.recipe import Recipe
from porter.rehearsal.machines.image.sources import of_host


@pytest.fixture
def small() -> Recipe:
    """A recipe of one package, unpacked but not installed."""
    return Recipe(
        "debian-12",
        sources=of_host("bookworm"),
        packages=("base-files",),
        options=("--variant=extract", "--mode=root"),
    )


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The image cache of this test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "porter" / "images"
