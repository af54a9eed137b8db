"""The note in an instance's folder by which another terminal finds the running machine."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from porter.rehearsal.instance.groups import belongs

FILE = "instance.json"


@dataclass(frozen=True)
class Running:
    """A running instance: `init` is its process 1 by its number here, `group` its control group's.

    `started_at` is when it booted last, in seconds since the epoch.
    """

    instance_id: str
    init: int
    address: str
    group: str
    started_at: float


def note(folder: Path, running: Running) -> None:
    """Write it to `folder`, at once and whole."""
    new = folder / f"{FILE}.new"
    new.write_text(json.dumps(asdict(running)), "utf-8")
    new.replace(folder / FILE)


def read(folder: Path) -> Running | None:
    """The instance of `folder` if it runs now: no other process is ever taken for it."""
    with suppress(OSError, ValueError, TypeError):
        running = Running(**json.loads((folder / FILE).read_text("utf-8")))
        if belongs(running.init, running.group):
            return running
    return None
