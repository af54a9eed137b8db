"""Append what drains do to a file in memory; porterd makes an event of each line (ADR 0041)."""

from __future__ import annotations

import json
import logging
from pathlib import Path

_log = logging.getLogger("porter")


def note(path: Path, stage: str, why: str) -> None:
    """Append a step: its `stage`, and for people `why`. A failure is logged."""
    _log.info(why)
    line = json.dumps({"stage": stage, "why": why}) + "\n"
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.touch()
        path.chmod(0o644)  # porterd has a user of its own, and units have UMask=0077
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
    except OSError as error:
        _log.error("%s: cannot be written: %s", path, error.strerror)
