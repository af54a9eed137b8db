"""Add a certificate authority to an instance's trust store."""

from __future__ import annotations

import subprocess
from pathlib import Path

from porter.errors import PorterError

BUNDLE = "etc/ssl/certs/ca-certificates.crt"
"""All authorities in one file, on Debian: curl and Python's ssl read it."""


def trust(upper: Path, tree: Path, certificate: Path) -> None:
    """Add `certificate` (PEM) as update-ca-certificates(8) would, without running it.

    Raises `PorterError` if openssl cannot read it.
    """
    pem = certificate.read_text()
    installed = upper / "usr/local/share/ca-certificates/porter-rehearsal.crt"
    bundle = upper / BUNDLE
    for file in (installed, bundle):
        file.parent.mkdir(parents=True, exist_ok=True)
    installed.write_text(pem)
    bundle.write_text((tree / BUNDLE).read_text() + pem)
    # OpenSSL looks for this name in the folder.
    (bundle.parent / f"{_subject_hash(certificate)}.0").symlink_to(
        f"/{installed.relative_to(upper)}"
    )


def _subject_hash(certificate: Path) -> str:
    command = ["openssl", "x509", "-noout", "-hash", "-in", str(certificate)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode:
        raise PorterError(f"openssl: {done.stderr.strip()}", where=str(certificate))
    return done.stdout.strip()
