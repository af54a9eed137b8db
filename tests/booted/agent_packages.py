"""Build stand-ins for the agents' packages: Splunk's is proprietary, and both need a cloud."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

STAND_INS = Path(__file__).parent / "stand_ins"
_CONTROL = """\
Package: {name}
Version: {version}
Architecture: all
Maintainer: nobody <nobody@example.org>
Description: stands in for the real {name}
"""
_CLOUDWATCH_UNIT = """\
[Unit]
Description=Amazon CloudWatch Agent
After=network.target

[Service]
Type=simple
ExecStart=/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent
Restart=on-failure

[Install]
WantedBy=multi-user.target
"""

Files = Mapping[str, tuple[bytes, int]]
"""Name to content and mode."""


@dataclass(frozen=True)
class Deb:
    """A package file and its digest."""

    path: Path
    sha256: str


def stand_in(folder: Path, name: str = "splunkforwarder.deb", *, refuses: bool = False) -> Deb:
    """Write Splunk's package to `folder`; with `refuses`, a later one that refuses its licence."""
    files = {"opt/splunkforwarder/bin/splunk": (_program("splunk"), 0o755)}
    if refuses:
        files["opt/splunkforwarder/licence-refused"] = (b"", 0o644)
    control = {"control": (control_of("splunkforwarder", "9.9.10" if refuses else "9.9.9"), 0o644)}
    return _write(folder / name, control, files)


def cloudwatch_stand_in(folder: Path) -> Deb:
    """Write the CloudWatch agent's package, which creates the agent's user, to `folder`."""
    name = "amazon-cloudwatch-agent"
    home = f"opt/aws/{name}/bin"
    files = {
        f"{home}/{name}": (_program("cloudwatch"), 0o755),
        f"{home}/{name}-ctl": (_program("cloudwatch-ctl"), 0o755),
        f"etc/systemd/system/{name}.service": (_CLOUDWATCH_UNIT.encode(), 0o644),
    }
    user = b"#!/bin/sh\nsystemd-sysusers --inline 'u cwagent -'\n"
    control = {"control": (control_of(name, "1.3"), 0o644), "preinst": (user, 0o755)}
    return _write(folder / f"{name}.deb", control, files)


def plain(folder: Path, name: str, version: str) -> Deb:
    """Write the package `NAME_VERSION.deb`, with one file, to `folder`."""
    files = {f"usr/share/{name}/version": (version.encode(), 0o644)}
    control = {"control": (control_of(name, version), 0o644)}
    return _write(folder / f"{name}_{version}.deb", control, files)


def _program(name: str) -> bytes:
    return (STAND_INS / name).read_bytes()


def control_of(name: str, version: str) -> bytes:
    """Return the control file of a package (deb-control(5))."""
    return _CONTROL.format(name=name, version=version).encode()


def _write(path: Path, control: Files, files: Files) -> Deb:
    content = b"!<arch>\n" + _member("debian-binary", b"2.0\n")
    content += _member("control.tar.gz", _tar(control)) + _member("data.tar.gz", _tar(files))
    path.write_bytes(content)
    return Deb(path, hashlib.sha256(content).hexdigest())


def certificate(folder: Path) -> None:
    """Write a self-signed certificate for `localhost` and its key to `receiver.pem`."""
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", "receiver.key", "-out", "receiver.pem"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
    subprocess.run(
        ["openssl", "req", "-x509", *curve, "-days", "2", *names, *files],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def _tar(files: Files) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for folder in sorted({str(parent) for name in files for parent in Path(name).parents}):
            if folder != ".":
                member = tarfile.TarInfo(f"./{folder}")
                member.type, member.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(member)
        for name, (content, mode) in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size, member.mode = len(content), mode
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _member(name: str, content: bytes) -> bytes:
    """Return one member of an ar archive (ar(5)): a header of 60 characters, and an even length."""
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n"
    return header.encode() + content + b"\n" * (len(content) % 2)
