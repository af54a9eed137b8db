"""Remove what the instances of a killed rehearsal left on this computer."""

from __future__ import annotations

import subprocess
from pathlib import Path

from porter.rehearsal.machines.booted import mountinfo
from porter.rehearsal.machines.booted.control_groups import ControlGroups
from porter.rehearsal.machines.booted.hierarchies import Hierarchy, mounted

_UMOUNT_SECONDS = 10.0


def remove(name: str, folder: Path) -> None:
    """Kill every instance of the rehearsal `name`, and remove its control groups.

    Also unmount the disks mounted below its `folder`. Raises `PorterError` if something stays.
    """
    hierarchies = mounted()
    for control_group in _control_groups(name, hierarchies):
        ControlGroups(control_group, hierarchies).remove()
    for place in _mounted_below(folder):
        subprocess.run(["umount", "--lazy", str(place)], check=False, timeout=_UMOUNT_SECONDS)


def _control_groups(name: str, hierarchies: tuple[Hierarchy, ...]) -> set[str]:
    """Find control groups named like `Vpc`'s namespaces: porter-NAME-NUMBER, no hyphen in NAME."""
    return {
        found.name for each in hierarchies for found in each.folder.glob(f"porter-{name}-[0-9]*")
    }


def _mounted_below(folder: Path) -> list[Path]:
    """Return the mounts below `folder`, latest first: it may be on top of an earlier one."""
    places = [mount.place for mount in mountinfo.read()]
    return [place for place in reversed(places) if place.is_relative_to(folder)]
