"""The kinds of machines a rehearsal can have, by the name that `--machine` gives them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from porter.rehearsal.faults import Fault
from porter.rehearsal.machines.api import Machines
from porter.rehearsal.machines.played.machines import ProcessMachines

KINDS = ("process", "systemd")
IMAGES = ("debian-12", "debian-13")
"""What a booted machine can be made from; the first is the default."""

Kind = Callable[[Path, Collection[Fault]], Machines]
"""Makes the machines of one rehearsal, given its folder and what to break."""


def processes(_folder: Path, _faults: Collection[Fault] = ()) -> Machines:
    """The kind that needs nothing: `--machine process`."""
    return ProcessMachines()


def kind_of(name: str, image: str) -> Kind:
    """The kind `name`, one of `KINDS`; those that boot do so from `image`, one of `IMAGES`."""
    if name == "process":
        return processes

    def booted(folder: Path, faults: Collection[Fault]) -> Machines:
        # What boots machines is there on Linux only.
        from porter.rehearsal.faults.machines import broken, most  # noqa: PLC0415
        from porter.rehearsal.machines.booted.machines import SystemdMachines  # noqa: PLC0415

        return SystemdMachines(folder, image, most=most(faults), broken=broken(faults))

    return booted
