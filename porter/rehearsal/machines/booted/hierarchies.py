"""Find the mounted cgroup hierarchies, and which limits they enforce."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.machines.booted import mountinfo
from porter.rehearsal.machines.booted.mountinfo import Mount

LIMITS = {"memory": "MemoryMax", "pids": "TasksMax", "cpu": "CPUQuota"}
"""The unit directives that each controller enforces (systemd.resource-control(5))."""

_V1, _V2 = "cgroup", "cgroup2"


@dataclass(frozen=True)
class Hierarchy:
    """One cgroup hierarchy of version 1 (with its own `controllers`) or 2 (see cgroups(7)).

    Mounting with `options` mounts the same hierarchy again.
    """

    folder: Path
    kind: str
    options: str
    controllers: frozenset[str]

    @property
    def name(self) -> str:
        """Its folder below /sys/fs/cgroup, if there are several hierarchies."""
        return "unified" if self.kind == _V2 else self.options.removeprefix("none,name=")


def mounted(text: str | None = None) -> tuple[Hierarchy, ...]:
    """Return the mounted hierarchies; `text` replaces /proc/self/mountinfo."""
    found: dict[str, Hierarchy] = {}
    for mount in mountinfo.read(text):
        if mount.kind == _V2:
            found.setdefault(mount.device, _second(mount))
        elif mount.kind == _V1:
            found.setdefault(mount.device, _first(mount))
    return tuple(found.values())


def find(text: str | None = None) -> tuple[Hierarchy, ...]:
    """Return the `mounted` hierarchies. Raises `PorterError` if systemd cannot run on them."""
    hierarchies = mounted(text)
    if not any(each.kind == _V2 or each.name == "systemd" for each in hierarchies):
        raise PorterError(
            "no control groups that systemd can use are mounted",
            where="/sys/fs/cgroup",
            cure="mount them: mkdir /sys/fs/cgroup/systemd && "
            "mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd",
        )
    return hierarchies


def mounts(hierarchies: tuple[Hierarchy, ...]) -> str:
    """Return `hierarchies` as boot.sh's argument."""
    if len(hierarchies) == 1 and hierarchies[0].kind == _V2:
        return f".={_V2}=rw"
    return " ".join(f"{each.name}={each.kind}={each.options}" for each in hierarchies)


def unenforced(hierarchies: tuple[Hierarchy, ...]) -> list[str]:
    """Return the unit directives that have no effect on these hierarchies."""
    there = frozenset().union(*(each.controllers for each in hierarchies))
    missing = [directive for controller, directive in LIMITS.items() if controller not in there]
    if not any(each.kind == _V2 for each in hierarchies):
        missing.append("IPAddressDeny")
    return missing


def _second(mount: Mount) -> Hierarchy:
    """Return a hierarchy of version 2; its controllers are those its root delegates."""
    handed = (mount.place / "cgroup.subtree_control").read_text().split()
    return Hierarchy(mount.place, _V2, "rw", frozenset(handed))


def _first(mount: Mount) -> Hierarchy:
    controllers = [option for option in mount.options if option in _controllers()]
    named = [option for option in mount.options if option.startswith("name=")]
    again = ",".join(controllers or ["none", *named])
    return Hierarchy(mount.place, _V1, again, frozenset(controllers))


def _controllers() -> frozenset[str]:
    """Return the kernel's controllers, by their names as mount options."""
    lines = Path("/proc/cgroups").read_text().splitlines()
    return frozenset(line.split()[0] for line in lines if not line.startswith("#"))
