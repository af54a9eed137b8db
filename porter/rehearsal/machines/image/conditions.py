"""What a host must be, beyond the programs on it, to boot machines: each a yes or no."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from porter.rehearsal.machines.image.recipe import images

DISK = 1_000_000_000
"""Bytes that an image and a few instances take, at most."""

CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21}
"""Bits of capabilities(7) that root lacks in most containers."""

_SYSTEM = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def is_root() -> bool:
    """This process is root's."""
    return os.geteuid() == 0


def is_capable() -> bool:
    """Root may do here what root may do."""
    lines = Path("/proc/self/status").read_text().splitlines()
    held = next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), 0)
    return all(held >> bit & 1 for bit in CAPABILITIES.values())


def has_cgroup_namespaces() -> bool:
    """The kernel is 4.6 or newer: cgroup_namespaces(7)."""
    return Path("/proc/self/ns/cgroup").exists()


def has_writable_cgroups() -> bool:
    """Some hierarchy of cgroups, of version 1 or 2, is mounted and can be written to."""
    return any(
        kind in {"cgroup", "cgroup2"} and "rw" in options.split(",") for kind, options in _mounts()
    )


def has_overlayfs() -> bool:
    """The kernel's overlay is there, as a module that is loaded or built in."""
    return "\toverlay\n" in Path("/proc/filesystems").read_text()


def has_room() -> bool:
    """The disk of the image cache has `DISK` bytes left."""
    folder = images().absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free >= DISK


def has_program(name: str) -> bool:
    """It is on PATH; a user's need not lead to /usr/sbin, but root's must."""
    folders = [os.environ.get("PATH", os.defpath), *(() if is_root() else _SYSTEM)]
    return bool(shutil.which(name, path=os.pathsep.join(folders)))


def _mounts() -> Iterator[tuple[str, str]]:
    """Type and options of each mount: proc_pid_mountinfo(5)."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mount, _, device = line.partition(" - ")
        yield device.split()[0], mount.split()[5]
