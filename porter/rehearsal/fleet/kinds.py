"""The kinds of machines a rehearsal can use, by their name for `--machine`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from porter.rehearsal.faults import Fault
from porter.rehearsal.machines.api import Machines
from porter.rehearsal.machines.played.machines import ProcessMachines

KINDS = ("process", "systemd")
IMAGES = ("debian-12", "debian-13")
"""The images of booted machines; the first is the default."""

Kind = Callable[[Path, Collection[Fault]], Machines]
"""Makes the machines of one rehearsal, given its folder and the faults to inject."""


def processes(_folder: Path, _faults: Collection[Fault] = ()) -> Machines:
    """Make played machines: `--machine process`."""
    return ProcessMachines()


def kind_of(name: str, image: str) -> Kind:
    """Return the kind `name`, one of `KINDS`; booted machines use `image`, one of `IMAGES`."""
    if name == "process":
        return processes

    def booted(folder: Path, faults: Collection[Fault]) -> Machines:
        # These modules work on Linux only.
        from porter.rehearsal.faults.machines import broken, most  # noqa: PLC0415
        from porter.rehearsal.machines.booted.machines import SystemdMachines  # noqa: PLC0415

        return SystemdMachines(folder, image, most=most(faults), broken=broken(faults))

    return booted
