"""The machine's logs: one file per unit, limited in size."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path
from typing import IO

LIMIT = 10_000_000
"""Bytes after which a log is moved to `.1`, replacing an older `.1`."""

CLOUD_INIT = "cloud-init"
_TAIL_BYTES = 256_000
_REMARK = re.compile(r"\d\d:\d\d:\d\d init: ")
_GLUED = re.compile(r"(?<=.)" + _REMARK.pattern)
"""A remark behind half a line, which a process wrote while init looked whether there is one."""


def path_of(root: Path, unit: str) -> Path:
    """Return the log file of a unit (with or without `.service`), or of `cloud-init`."""
    if unit == CLOUD_INIT:
        return root / "var/log/cloud-init-output.log"
    return root / "var/log/journal" / f"{unit.removesuffix('.service')}.service.log"


def note(root: Path, unit: str, text: str) -> None:
    """Write a line of init's own to the unit's log."""
    log = path_of(root, unit)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab+") as file:
        # A process may have written half a line.
        start = b"" if _ends_a_line(file) else b"\n"
        file.write(start + f"{time.strftime('%H:%M:%S')} init: {text}\n".encode())


def _ends_a_line(file: IO[bytes]) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read() == b"\n"


def tail(root: Path, unit: str, lines: int) -> str:
    """Return the last `lines` lines of a log; empty without a log."""
    return "\n".join(_end(root, unit)[-lines:]) if lines > 0 else ""


def messages(root: Path, unit: str, lines: int, *, remarks: bool) -> str:
    """Return a log's last lines without times; `remarks` of init name the unit or are left out."""
    said = []
    for line in _end(root, unit):
        remark = _REMARK.match(line)
        if remark is None:
            said.append(line)
        elif remarks:
            said.append(f"{unit}: {line[remark.end() :]}")
    return "\n".join(said[-lines:]) if lines > 0 else ""


def _end(root: Path, unit: str) -> list[str]:
    """Return the lines at the end of a log; the first may be cut."""
    try:
        with path_of(root, unit).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
            return _GLUED.sub(r"\n\g<0>", text).splitlines()
    except FileNotFoundError:
        return []


def rotate(root: Path) -> None:
    """Move every log larger than `LIMIT` aside; writers append, so truncating is safe.

    Lines written between copy and truncation are lost, as with logrotate's copytruncate.
    """
    for log in (root / "var/log/journal").glob("*.log"):
        if log.stat().st_size > LIMIT:
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)
