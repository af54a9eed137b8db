"""Map faults to what booted machines are made with: network, memory, disk."""

from __future__ import annotations

from collections.abc import Collection

from porter.rehearsal.faults import Fault
from porter.rehearsal.machines.booted.control_groups import Most
from porter.rehearsal.machines.vpc import Broken

_MEGABYTE = 1024 * 1024
_NETWORK = {
    Fault.MIRROR_MISSING: Broken.MIRRORS,
    Fault.METADATA_SLOW: Broken.SLOW_METADATA,
    Fault.METADATA_DEAD: Broken.METADATA,
    Fault.DNS_DEAD: Broken.RESOLVER,
}


def broken(faults: Collection[Fault]) -> frozenset[Broken]:
    """Return the parts of the network that fail."""
    return frozenset(_NETWORK[fault] for fault in faults if fault in _NETWORK)


def most(faults: Collection[Fault]) -> Most:
    """Return the limits of each machine."""
    return Most(
        memory_bytes=256 * _MEGABYTE if Fault.MEMORY_SHORT in faults else None,
        disk_bytes=192 * _MEGABYTE if Fault.DISK_FULL in faults else None,
    )
