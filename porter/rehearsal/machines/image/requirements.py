"""List what a host needs to build and boot machines, and how to install it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.machines.image import conditions
from porter.rehearsal.machines.image.family import family, os_release


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a host needs."""

    name: str
    purpose: str
    met: Callable[[], bool]
    cure: str = ""
    """How to get it; empty if a package provides it."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A requirement that this host does not meet."""

    name: str
    purpose: str
    cure: str
    """How to get it; empty if `install_command` does that."""


_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
"""The keys of Debian's packages; Fedora's package installs them there too."""

_PROGRAMS = {
    "mmdebstrap": "builds the machine image",
    "openssl": "issues certificates for the machines' AWS",
    "dnsmasq": "answers the machines' DHCP and DNS requests",
    "ip": "creates the machines' network",
    "unshare": "creates a machine's namespaces",
    "nsenter": "enters a machine",
    "mount": "mounts a machine's disk over the image",
    "pivot_root": "makes that disk the machine's root",
}

REQUIREMENTS = (
    Requirement("root", "creates namespaces and mounts", conditions.is_root, "run porter as root"),
    Requirement(
        "capabilities",
        f"{' and '.join(conditions.CAPABILITIES)}: a container lacks them by default",
        conditions.is_capable,
        "run porter as root; start a container with --privileged",
    ),
    Requirement(
        "cgroup namespaces",
        "give each machine its own cgroups",
        conditions.has_cgroup_namespaces,
        "boot Linux 4.6 or newer",
    ),
    Requirement(
        "writable cgroups",
        "group a machine's processes",
        conditions.has_writable_cgroups,
        "mount cgroup2 on /sys/fs/cgroup; start a container with --privileged",
    ),
    Requirement(
        "overlayfs",
        "gives each machine its own disk",
        conditions.has_overlayfs,
        "load it: modprobe overlay",
    ),
    Requirement(
        "disk",
        f"{conditions.DISK // 1_000_000_000} GB free for the image and the machines",
        conditions.has_room,
        "free some space, or set XDG_CACHE_HOME to a folder on a larger disk",
    ),
    *(
        Requirement(name, purpose, partial(conditions.has_program, name))
        for name, purpose in _PROGRAMS.items()
    ),
    Requirement("debian-archive-keyring", "verifies Debian's packages", _KEYS.is_file),
)
"""All requirements, in the order in which to meet them."""


def missing() -> tuple[Missing, ...]:
    """Return the requirements that this host does not meet."""
    lacking = (one for one in REQUIREMENTS if not one.met())
    return tuple(Missing(one.name, one.purpose, one.cure) for one in lacking)


def require() -> None:
    """Raise `PorterError` with all that is missing, and what to do first."""
    lacking = missing()
    if lacking:
        cures = (*(one.cure for one in lacking), install_command(lacking))
        raise PorterError(
            f"missing: {', '.join(one.name for one in lacking)}",
            where="this host cannot boot machines",
            cure=next(cure for cure in cures if cure),
        )


def install_command(lacking: Collection[Missing]) -> str:
    """Return the shell command that installs missing packages; empty if there are none."""
    wanted = [one.name for one in lacking if not one.cure]
    if not wanted:
        return ""
    known = family(os_release())
    if known is None:
        return f"# with this system's package manager, install {' '.join(wanted)}"
    return known.command(wanted, root=conditions.is_root())
