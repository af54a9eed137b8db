"""The user's home folder, in an environment that may differ from this process's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def home(base: Mapping[str, str]) -> Path:
    """Return the home folder of the environment `base`; `~` if this computer knows none."""
    return Path(base.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 - Path.home may raise
