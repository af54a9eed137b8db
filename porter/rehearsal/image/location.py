"""Where machine images are kept."""

from __future__ import annotations

import os
from pathlib import Path


def images() -> Path:
    """The folder of the cache: `porter/images` in XDG_CACHE_HOME, by default ~/.cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache.absolute() / "porter" / "images"
