"""Read load, memory and disk of this machine from the kernel."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineNow:
    """This machine at one instant; sizes in bytes, None if the kernel does not say.

    `load` is the average of one minute. `disk_available` is what unprivileged users may fill.
    """

    load: float
    cpus: int
    memory_total: int | None
    memory_available: int | None
    disk_total: int
    disk_available: int


def machine_now() -> MachineNow:
    """Return the present state; it takes about 0.1 ms."""
    memory, disk = _memory(), os.statvfs("/")
    return MachineNow(
        load=os.getloadavg()[0],
        cpus=os.cpu_count() or 1,
        memory_total=memory.get("MemTotal"),
        memory_available=memory.get("MemAvailable"),
        disk_total=disk.f_blocks * disk.f_frsize,
        disk_available=disk.f_bavail * disk.f_frsize,
    )


def _memory() -> dict[str, int]:
    """Return the sizes in /proc/meminfo, in bytes (proc(5))."""
    sizes = {}
    with open("/proc/meminfo", encoding="ascii") as file:  # noqa: PTH123 - read for each request
        for line in file:
            name, _, rest = line.partition(":")
            sizes[name] = int(rest.split()[0]) * 1024
    return sizes
