"""The kinds of machines a rehearsal can have, by the name that `--machine` gives them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from porter.rehearsal.faults import Fault
from porter.rehearsal.machine import Kind, Machines, processes

KINDS = ("process", "systemd")
IMAGES = ("debian-12", "debian-13")
"""What a booted machine can be made from; the first is the default."""


def kind_of(name: str, image: str) -> Kind:
    """The kind `name`, one of `KINDS`; those that boot do so from `image`, one of `IMAGES`."""
    if name == "process":
        return processes

    def booted(folder: Path, faults: Collection[Fault]) -> Machines:
        # What boots machines is there on Linux only.
        from porter.rehearsal.instance.faults import broken, most  # noqa: PLC0415
        from porter.rehearsal.instance.machines import SystemdMachines  # noqa: PLC0415

        return SystemdMachines(folder, image, most=most(faults), broken=broken(faults))

    return booted
