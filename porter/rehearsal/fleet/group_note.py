"""Note in a host's folder which group it belongs to, for another terminal."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from porter.errors import PorterError
from porter.rehearsal.cloud.emulator.lifecycle import Key

FILE = "group.json"
"""Below the folder of a host, as long as the host is in its group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupNote:
    """An Auto Scaling group in the embedded AWS at `endpoint`."""

    endpoint: str
    account: str
    region: str
    name: str

    @classmethod
    def of(cls, endpoint: str, group: Key) -> Self:
        """Return the note about `group`."""
        account, region, name = group
        return cls(endpoint=endpoint, account=account, region=region, name=name)


def write(folder: Path, note: GroupNote) -> None:
    """Write the note to the folder of a host."""
    (folder / FILE).write_text(json.dumps(asdict(note)), "utf-8")


def remove(folder: Path) -> None:
    """Remove the note of a host that has left its group."""
    (folder / FILE).unlink(missing_ok=True)


def read(folder: Path) -> GroupNote:
    """Return the note in the folder of a host. Raises `PorterError` while there is none."""
    try:
        return GroupNote(**json.loads((folder / FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise PorterError(
            "its host has only begun to start, or has left", where=str(folder)
        ) from error
