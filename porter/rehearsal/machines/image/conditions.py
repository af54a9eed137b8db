"""Conditions that a host must meet to boot machines, beside its programs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from porter.rehearsal.machines.image.recipe import images

DISK = 1_000_000_000
"""Bytes that an image and a few machines need."""

CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21}
"""The capabilities(7), by bit, that root lacks in most containers."""

_SYSTEM = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def is_root() -> bool:
    """Whether this process runs as root."""
    return os.geteuid() == 0


def is_capable() -> bool:
    """Whether root has these capabilities."""
    lines = Path("/proc/self/status").read_text().splitlines()
    held = next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), 0)
    return all(held >> bit & 1 for bit in CAPABILITIES.values())


def has_cgroup_namespaces() -> bool:
    """Whether the kernel is 4.6 or newer: cgroup_namespaces(7)."""
    return Path("/proc/self/ns/cgroup").exists()


def has_writable_cgroups() -> bool:
    """Whether a cgroup hierarchy, of version 1 or 2, is mounted and writable."""
    return any(
        kind in {"cgroup", "cgroup2"} and "rw" in options.split(",") for kind, options in _mounts()
    )


def has_overlayfs() -> bool:
    """Whether the kernel has overlayfs, built in or as a loaded module."""
    return "\toverlay\n" in Path("/proc/filesystems").read_text()


def has_room() -> bool:
    """Whether the disk of the image cache has `DISK` bytes free."""
    folder = images().absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free >= DISK


def has_program(name: str) -> bool:
    """Whether the program is on PATH or, for a user, in a folder of root's PATH."""
    folders = [os.environ.get("PATH", os.defpath), *(() if is_root() else _SYSTEM)]
    return bool(shutil.which(name, path=os.pathsep.join(folders)))


def _mounts() -> Iterator[tuple[str, str]]:
    """Yield type and options of each mount: proc_pid_mountinfo(5)."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mount, _, device = line.partition(" - ")
        yield device.split()[0], mount.split()[5]
