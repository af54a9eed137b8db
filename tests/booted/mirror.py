"""A package mirror on the host: one package has a security update, the other an ordinary one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.booted.agent_packages import STAND_INS, control_of, plain
from tests.harness.staying import Staying

FOLDER = "/opt/mirror"
HANGS = "/run/mirror-hangs"
PORT = 8099
SUITES = {"hello-safe": "stable-security", "hello-new": "stable-updates"}
"""Each package, and the suite with its version 2. Version 1 is installed."""


def lay_out(folder: Path) -> None:
    """Write the mirror to `folder`, which is `FOLDER` on the host."""
    (folder / "installed").mkdir(parents=True)
    for name, suite in SUITES.items():
        plain(folder / "installed", name, "1")
        _repository(folder / suite, name, suite)
    sources = (
        f"deb [trusted=yes] http://127.0.0.1:{PORT}/{suite} ./\n" for suite in SUITES.values()
    )
    (folder / "local.list").write_text("".join(sources))
    (folder / "mirror.py").write_text((STAND_INS / "mirror").read_text())


def _repository(folder: Path, name: str, suite: str) -> None:
    """Write a flat, unsigned repository (DebianRepository/Format) with version 2 of `name`."""
    folder.mkdir()
    deb = plain(folder, name, "2")
    entry = f"Filename: ./{deb.path.name}\nSize: {deb.path.stat().st_size}\nSHA256: {deb.sha256}\n"
    packages = control_of(name, "2") + entry.encode()
    (folder / "Packages").write_bytes(packages)
    listed = f"{hashlib.sha256(packages).hexdigest()} {len(packages)} Packages"
    (folder / "Release").write_text(f"Origin: nobody\nSuite: {suite}\nSHA256:\n {listed}\n")


def open_up(there: Staying) -> None:
    """Install both packages, start the mirror, and add it to apt's sources, unless it runs."""
    if there.attempt("systemctl", "is-active", "mirror").returncode == 0:
        return
    there.run("sh", "-c", f"dpkg --install {FOLDER}/installed/*.deb")
    there.run("cp", f"{FOLDER}/local.list", "/etc/apt/sources.list.d/")
    program = ("python3", "mirror.py", str(PORT), HANGS)
    there.run("systemd-run", "--unit=mirror", f"--working-directory={FOLDER}", *program)


def installed(there: Staying) -> dict[str, str]:
    """Return the installed version of each package."""
    lines = there.run("dpkg-query", "--show", *SUITES).splitlines()
    return dict(line.split("\t") for line in lines)
