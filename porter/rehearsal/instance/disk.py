"""The folder of an instance: the layers of its disk, and whether its file system can hold them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from porter.errors import PorterError

UPPER = "upper"
"""What the instance has written, over the image: readable while it is off."""

_LAYERS = ("image", UPPER, "work", "root")
_PROBE_SECONDS = 10.0


def lay_out(folder: Path) -> Path:
    """Make the folders that boot.sh mounts from and on; the upper layer is returned."""
    for name in _LAYERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / UPPER).chmod(0o755)  # it is the machine's /
    return folder / UPPER


def require(folder: Path) -> None:
    """Raise `PorterError` unless a machine's disk can be in `folder`.

    Overlay file systems want more of the one below than others do, extended attributes above all;
    another overlay (a container's disk) does not have it. Tried in a mount namespace of its own.
    """
    probe = folder / "probe"
    lay_out(probe)
    options = "lowerdir=image,upperdir=upper,workdir=work"
    try:
        tried = subprocess.run(
            [
                *("unshare", "--mount", "--propagation", "private"),
                *("mount", "-t", "overlay", "overlay", "-o", options, "root"),
            ],
            cwd=probe,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            check=False,
        )
    finally:
        shutil.rmtree(probe, ignore_errors=True)
    if tried.returncode:
        raise PorterError(
            f"a machine's disk cannot be here: {' '.join(tried.stderr.split())}",
            where=str(folder),
            cure="set TMPDIR to a folder on ext4, xfs, btrfs or tmpfs",
        )
