"""Lay out a machine's disk in a folder, with the programs of its own."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from porter.rehearsal.local.haproxy import SYSTEM, find_haproxy
from porter.rehearsal.machines.played import client, isolation, pythons

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
    isolation.lay_out(root)
    own, python = pythons.python(""), pythons.python(package)
    named = {f"python3.{sys.version_info.minor}": own, package or "python3": python}
    for name, program in {**named, "python3": python}.items():
        _install_python(root, name, program)
    (root / "usr/sbin/haproxy").symlink_to(find_haproxy())
    for name in ("systemctl", "journalctl"):
        _install_client(root / "usr/bin" / name, own)


def _install_python(root: Path, name: str, program: Path) -> None:
    """Put `program` on the machine as `name`, with its standard library and no other packages.

    It is a virtual environment (PEP 405): else it would have what was installed for this computer's
    users, which hosts lack.
    """
    folder = root / "usr/lib" / name
    (folder / "bin").mkdir(parents=True)
    settings = f"home = {program.parent}\ninclude-system-site-packages = false\n"
    (folder / "pyvenv.cfg").write_text(settings)
    own = folder / "bin" / program.name
    own.symlink_to(program)
    path = root / "usr/bin" / name
    path.write_text(f'#!/bin/sh\nexec {shlex.quote(str(own))} "$@"\n')
    path.chmod(0o755)


def environment(root: Path) -> dict[str, str]:
    """Return the environment of every process on the machine, without the user's.

    Without HOME an SDK would find the user's home, and AWS profiles, in the password database.
    Programs with a sandbox have no `TMPDIR`, but a /tmp of their own.
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
