"""End an instance of a running rehearsal at once, from another terminal."""

from __future__ import annotations

from porter.rehearsal.fleet import group_note
from porter.rehearsal.machines.api import KILL
from porter.rehearsal.story.running import Found


def kill(found: Found) -> str:
    """Have the fleet kill the machine of `found`; return what happens.

    Raises `PorterError` for an instance that is in no group, which nobody would replace.
    """
    group_note.read(found.folder)
    (found.folder / KILL).touch()
    return f"{found.instance_id} is killed; its Auto Scaling group replaces it"
