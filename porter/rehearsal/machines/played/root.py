"""Lays out the folder that is the machine's disk, with the few programs that are its own."""

from __future__ import annotations

import sys
from pathlib import Path

from porter.rehearsal.local.haproxy import SYSTEM, find_haproxy
from porter.rehearsal.machines.played import client

_FOLDERS = (
    *(
        "etc/systemd/system",
        "opt",
        "root",
        "run",
        "tmp",
        "usr/bin",
        "usr/sbin",
        "usr/local/bin",
        "usr/local/sbin",
    ),
    *("var/lib", "var/log/journal"),
)
_SEARCH = ("usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin")


def lay_out(root: Path) -> None:
    """Make folders and programs. Raises `PorterError` when there is no HAProxy to be found."""
    root.mkdir(mode=0o700, parents=True)
    for folder in _FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    # Not the virtual environment's: what the user installed there is not on an instance.
    python = Path(getattr(sys, "_base_executable", sys.executable))
    for name in ("python3", f"python3.{sys.version_info.minor}"):
        (root / "usr/bin" / name).symlink_to(python)
    (root / "usr/sbin/haproxy").symlink_to(find_haproxy())
    for name in ("systemctl", "journalctl"):
        _install_client(root / "usr/bin" / name, python)


def environment(root: Path) -> dict[str, str]:
    """What every process of the machine has: nothing of the user's own environment.

    The home folder matters: without one, an SDK would find the user's through the password
    database, and the user's AWS profiles in it. `TMPDIR` stands in for `PrivateTmp`.
    """
    return {
        "PATH": ":".join([*(str(root / folder) for folder in _SEARCH), *SYSTEM]),
        "LANG": "C.UTF-8",
        "HOME": str(root / "root"),
        "TMPDIR": str(root / "tmp"),
    }


def _install_client(path: Path, python: Path) -> None:
    source = Path(client.__file__).read_text()
    path.write_text(f"#!{python} -IS\n{source}")
    path.chmod(0o755)
