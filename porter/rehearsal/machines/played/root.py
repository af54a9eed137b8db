"""Lay out a machine's disk in a folder, with the programs of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from porter.rehearsal.local.haproxy import SYSTEM, find_haproxy
from porter.rehearsal.machines.played import client

_FOLDERS = (
    *("etc/systemd/system", "opt", "root", "run", "tmp", "var/lib", "var/log/journal"),
    *("usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin"),
)
_SEARCH = ("usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin")


def lay_out(root: Path) -> None:
    """Make folders and programs. Raises `PorterError` without a HAProxy."""
    root.mkdir(mode=0o700, parents=True)
    for folder in _FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    # Not the virtual environment's Python, whose packages an instance does not have.
    python = Path(getattr(sys, "_base_executable", sys.executable))
    for name in ("python3", f"python3.{sys.version_info.minor}"):
        (root / "usr/bin" / name).symlink_to(python)
    (root / "usr/sbin/haproxy").symlink_to(find_haproxy())
    for name in ("systemctl", "journalctl"):
        _install_client(root / "usr/bin" / name, python)


def environment(root: Path) -> dict[str, str]:
    """Return the environment of every process on the machine, without the user's.

    Without HOME an SDK would find the user's home, and AWS profiles, in the password database.
    `TMPDIR` replaces `PrivateTmp`.
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
