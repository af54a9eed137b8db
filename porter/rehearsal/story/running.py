"""Find the instances of running rehearsals, for another terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.local.folder import running_folders, temporary
from porter.rehearsal.machines.api import NOTE
from porter.rehearsal.machines.booted import state


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An instance in `folder`; `booted` is `None` if the machine is off or played."""

    instance_id: str
    folder: Path
    booted: state.Running | None

    @property
    def notices(self) -> Path | None:
        """The folder whose files its metadata shows; `None` unless the machine is booted."""
        if self.booted is None:
            return None
        number = self.booted.control_group.rpartition("-")[2]
        return self.folder.parent / "vpc" / f"notices-{number}"


def find(instance: str) -> Found:
    """Return this user's running instance whose id begins with `instance`; the newest of several.

    Raises `PorterError` if there is none.
    """
    there = list(_instances())
    for found in there:
        if found.instance_id.startswith(instance):
            return found
    if there:
        others = ", ".join(found.instance_id for found in there)
        raise PorterError(f"there is no instance {instance}", cure=f"use one of: {others}")
    raise PorterError(
        "no rehearsal with an instance is running",
        where=str(temporary()),
        cure="run porter rehearse --stay, as the same user and with the same TMPDIR",
    )


def _instances() -> Iterator[Found]:
    for rehearsal in running_folders(temporary()):
        notes = sorted(rehearsal.glob(f"host*/{NOTE}"), key=_age, reverse=True)
        for note in notes:
            with suppress(OSError, ValueError, KeyError):
                instance_id = json.loads(note.read_text("utf-8"))["instance_id"]
                booted = state.read(note.parent)
                yield Found(instance_id=instance_id, folder=note.parent, booted=booted)


def _age(note: Path) -> float:
    return note.stat().st_mtime
