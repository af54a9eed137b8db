"""Golden files. `PORTER_WRITE_GOLDEN=1 pytest FOLDER` writes those that the folder's tests read."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "PORTER_WRITE_GOLDEN"


def golden(path: Path, found: str) -> str:
    """Return the text of the golden file `path`; if asked to, first write `found` into it."""
    if os.environ.get(VARIABLE) == "1":
        path.write_text(found, "utf-8")
    return path.read_text("utf-8")
