"""Lay out a machine's disk in a folder, with the programs of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from porter.rehearsal.local.haproxy import SYSTEM, find_haproxy
from porter.rehearsal.machines.played import client, pythons

_FOLDERS = (
    *("etc/systemd/system", "opt", "root", "run", "tmp", "var/lib", "var/log/journal"),
    *("usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin"),
)
_SEARCH = ("usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin")


def lay_out(root: Path, package: str = "") -> None:
    """Make folders and programs, with the Python of `package`, if there is one.

    Raises `PorterError` without a HAProxy.
    """
    root.mkdir(mode=0o700, parents=True)
    for folder in _FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    own, python = pythons.python(""), pythons.python(package)
    named = {f"python3.{sys.version_info.minor}": own, package or "python3": python}
    for name, program in {**named, "python3": python}.items():
        (root / "usr/bin" / name).symlink_to(program)
    (root / "usr/sbin/haproxy").symlink_to(find_haproxy())
    for name in ("systemctl", "journalctl"):
        _install_client(root / "usr/bin" / name, own)


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
