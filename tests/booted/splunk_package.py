"""Builds a stand-in for Splunk's package: the real one is proprietary."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

STAND_INS = Path(__file__).parent / "stand_ins"
_CONTROL = """\
Package: splunkforwarder
Version: {version}
Architecture: all
Maintainer: nobody <nobody@example.org>
Description: stands in for the Splunk universal forwarder
"""


@dataclass(frozen=True)
class Deb:
    """A package file and its digest."""

    path: Path
    sha256: str


def stand_in(folder: Path, name: str = "splunkforwarder.deb", *, refuses: bool = False) -> Deb:
    """Write the package to `folder`; with `refuses` a later one whose licence nobody can accept."""
    program = (STAND_INS / "splunk").read_bytes()
    files = {"opt/splunkforwarder/bin/splunk": (program, 0o755)}
    if refuses:
        files["opt/splunkforwarder/licence-refused"] = (b"", 0o644)
    control = _CONTROL.format(version="9.9.10" if refuses else "9.9.9").encode()
    content = b"!<arch>\n"
    content += _member("debian-binary", b"2.0\n")
    content += _member("control.tar.gz", _tar({"control": (control, 0o644)}))
    content += _member("data.tar.gz", _tar(files))
    path = folder / name
    path.write_bytes(content)
    return Deb(path, hashlib.sha256(content).hexdigest())


def certificate(folder: Path) -> None:
    """A receiver's self-signed certificate, `receiver.pem`, and its key, for `localhost`."""
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", "receiver.key", "-out", "receiver.pem"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
    subprocess.run(
        ["openssl", "req", "-x509", *curve, "-days", "2", *names, *files],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def _tar(files: dict[str, tuple[bytes, int]]) -> bytes:
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
    """One member of an ar archive (ar(5)): a header of 60 characters, and an even length."""
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n"
    return header.encode() + content + b"\n" * (len(content) % 2)
