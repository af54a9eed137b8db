"""Find the instances of running rehearsals, for another terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.fleet import group_note
from porter.rehearsal.local.folder import running_folders, temporary
from porter.rehearsal.machines.api import NOTE, NOTICES
from porter.rehearsal.machines.booted import state


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An instance in `folder`; `booted` is `None` if the machine is off or played."""

    instance_id: str
    service: str
    folder: Path
    booted: state.Running | None

    @property
    def notices(self) -> Path:
        """The folder whose files its metadata shows."""
        if self.booted is None:
            return self.folder / NOTICES
        number = self.booted.control_group.rpartition("-")[2]
        return self.folder.parent / "vpc" / f"notices-{number}"


def find(name: str) -> Found:
    """Return this user's running instance: its id begins with `name`, or `name` is its service.

    The newest of several in one rehearsal, those in a group before those that left; an empty name
    fits all. Raises `PorterError` if there is
    none, or if instances of several rehearsals fit: no rehearsal answers for another one.
    """
    there = list(instances())
    fitting = [one for one in there if one.instance_id.startswith(name) or one.service == name]
    if len({found.folder.parent for found in fitting}) > 1:
        raise PorterError(
            f"{name or 'an instance'} is in several running rehearsals",
            cure=f"use one of: {_names(fitting)}",
        )
    if fitting:
        return fitting[0]
    if there:
        what = f"there is no instance or service {name}"
        raise PorterError(what, cure=f"use one of: {_names(there)}")
    raise PorterError(
        "no rehearsal with an instance is running",
        where=str(temporary()),
        cure="run porter rehearse --stay, as the same user and with the same TMPDIR",
    )


def _names(found: Iterable[Found]) -> str:
    return ", ".join(
        f"{one.instance_id} ({one.service})" if one.service else one.instance_id for one in found
    )


def instances() -> Iterator[Found]:
    """Yield this user's instances, those of the newest rehearsal first."""
    for rehearsal in running_folders(temporary()):
        notes = sorted(rehearsal.glob(f"host*/{NOTE}"), key=_age, reverse=True)
        for note in notes:
            with suppress(OSError, ValueError, KeyError):
                noted = json.loads(note.read_text("utf-8"))
                yield Found(
                    instance_id=noted["instance_id"],
                    service=noted.get("service", ""),
                    folder=note.parent,
                    booted=state.read(note.parent),
                )


def _age(note: Path) -> tuple[bool, float]:
    return (note.parent / group_note.FILE).exists(), note.stat().st_mtime
