"""Record a running machine in its folder, for other terminals."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from porter.rehearsal.machines.api import NOTE
from porter.rehearsal.machines.booted.control_groups import belongs


@dataclass(frozen=True)
class Running:
    """A running instance; `init` is the pid of its process 1 on this computer.

    `started_at` is when it last booted, in seconds since the epoch.
    """

    instance_id: str
    init: int
    address: str
    control_group: str
    started_at: float
    service: str = ""


def note(folder: Path, running: Running) -> None:
    """Write the record to `folder`, atomically."""
    new = folder / f"{NOTE}.new"
    new.write_text(json.dumps(asdict(running)), "utf-8")
    new.replace(folder / NOTE)


def read(folder: Path) -> Running | None:
    """Return the instance of `folder` if it runs; never mistake another process for it."""
    with suppress(OSError, ValueError, TypeError):
        running = Running(**json.loads((folder / NOTE).read_text("utf-8")))
        if belongs(running.init, running.control_group):
            return running
    return None
