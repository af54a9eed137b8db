"""The machine's logs: one file per unit, bounded in size."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

LIMIT = 10_000_000
"""Bytes after which a log moves to `.1`, whose former content is lost."""

CLOUD_INIT = "cloud-init"
_TAIL_BYTES = 256_000


def path_of(root: Path, unit: str) -> Path:
    """The log of a unit (with or without `.service`), or of `cloud-init`."""
    if unit == CLOUD_INIT:
        return root / "var/log/cloud-init-output.log"
    return root / "var/log/journal" / f"{unit.removesuffix('.service')}.service.log"


def note(root: Path, unit: str, text: str) -> None:
    """A line of init's own in the unit's log."""
    log = path_of(root, unit)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file:
        file.write(f"{time.strftime('%H:%M:%S')} init: {text}\n")


def tail(root: Path, unit: str, lines: int) -> str:
    """The last `lines` lines of a log; empty when it does not exist."""
    try:
        with path_of(root, unit).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:]) if lines > 0 else ""


def rotate(root: Path) -> None:
    """Move every log beyond `LIMIT` aside. Its writers append, so truncating under them is safe.

    What is written between copy and truncation is lost, as it is with logrotate's copytruncate.
    """
    for log in (root / "var/log/journal").glob("*.log"):
        if log.stat().st_size > LIMIT:
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)
