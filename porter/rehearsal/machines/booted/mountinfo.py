"""Read the mounts of this process (/proc/self/mountinfo, proc(5))."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_HERE = Path("/proc/self/mountinfo")
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Mount:
    """One mount; mounts of one file system share `device`, `options` are the file system's."""

    device: str
    place: Path
    kind: str
    options: tuple[str, ...]


def read(text: str | None = None) -> list[Mount]:
    """Return all mounts in their order; none without /proc."""
    if text is None:
        if not _HERE.exists():
            return []
        text = _HERE.read_text(errors="surrogateescape")
    return [_mount(line) for line in text.splitlines()]


def _mount(line: str) -> Mount:
    mount, _, filesystem = line.partition(" - ")
    _, _, device, _, place, *_ = mount.split(" ")
    kind, _, options = filesystem.split(" ")
    plain = _ESCAPED.sub(lambda code: chr(int(code[1], 8)), place)
    return Mount(device, Path(plain), kind, tuple(options.split(",")))
