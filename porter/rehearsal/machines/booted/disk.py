"""The layers of an instance's disk, and the file system that holds them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from porter.errors import PorterError

_DISK = "disk"

UPPER = f"{_DISK}/upper"
"""What the instance wrote over the image; readable while it is off."""

_LAYERS = ("image", UPPER, f"{_DISK}/work", f"{_DISK}/docker", "root")
_SECONDS = 10.0


def lay_out(folder: Path) -> Path:
    """Make the folders that boot.sh mounts; return the upper layer."""
    for name in _LAYERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / UPPER).chmod(0o755)  # it becomes the machine's /
    return folder / UPPER


def bound(folder: Path, size: int) -> None:
    """Limit the disk in `folder` to `size` bytes, in memory; call it before `lay_out`.

    Raises `PorterError`. `release` undoes it, even after a failure.
    """
    disk = folder / _DISK
    disk.mkdir(parents=True, exist_ok=True)
    options = f"size={size},mode=755"
    mounted = _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk))
    if mounted.returncode:
        raise PorterError(mounted.stderr.strip(), where=str(disk))


def release(folder: Path) -> None:
    """Unmount what `bound` mounted; the file system is freed with its last process."""
    _run("umount", "--lazy", str(folder / _DISK))


def require(folder: Path) -> None:
    """Raise `PorterError` unless `folder` can hold a machine's disk.

    An overlay needs extended attributes of the file system below it, which another overlay (a
    container's disk) lacks. This is tried in a mount namespace of its own.
    """
    probe = folder / "probe"
    lay_out(probe)
    options = "lowerdir=image,upperdir=disk/upper,workdir=disk/work"
    try:
        tried = _run(
            *("unshare", "--mount", "--propagation", "private"),
            *("mount", "-t", "overlay", "overlay", "-o", options, "root"),
            folder=probe,
        )
    finally:
        shutil.rmtree(probe, ignore_errors=True)
    if tried.returncode:
        raise PorterError(
            f"cannot hold a machine's disk: {' '.join(tried.stderr.split())}",
            where=str(folder),
            cure="set TMPDIR to a folder on ext4, xfs, btrfs or tmpfs",
        )


def _run(*argv: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
