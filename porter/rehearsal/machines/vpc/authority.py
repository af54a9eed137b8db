"""A temporary certificate authority for amazonaws.com; its key is deleted after one use."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from porter.rehearsal.machines.vpc.command import run

_BACKDATED = timedelta(hours=36)
"""Backdated, so that certificates are valid on an instance whose clock is slow."""

_VALID = timedelta(days=7)

# openssl-ca(1), because openssl-req(1) cannot backdate before OpenSSL 3.4. Addresses are excluded,
# because permitted names do not restrict addresses (RFC 5280, 4.2.1.10).
_CONFIGURATION = """\
[ca]
default_ca = authority

[authority]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = subject

[subject]
commonName = supplied

[req]
distinguished_name = subject

[root]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign
nameConstraints = critical, @constraints
subjectKeyIdentifier = hash

[constraints]
permitted;DNS.1 = amazonaws.com
excluded;IP.1 = 0.0.0.0/0.0.0.0
excluded;IP.2 = 0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0

[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
subjectAltName = {names}
"""


def issue(names: Collection[str], *, certificate: Path, server: Path) -> None:
    """Write an authority's `certificate`, and a `server`'s certificate and key for `names`.

    Both are PEM; only the owner can read `server`. The authority can sign names within
    amazonaws.com only. Raises `PorterError`.
    """
    with tempfile.TemporaryDirectory(dir=server.parent) as name:
        folder = Path(name)
        wanted = ", ".join(f"DNS:{one}" for one in names)
        (folder / "openssl.cnf").write_text(_CONFIGURATION.format(names=wanted), "utf-8")
        (folder / "index.txt").touch()
        _request(folder, "root", "porter rehearsal")
        _sign(folder, "root", "-selfsign")
        _request(folder, "leaf", "amazonaws.com")
        _sign(folder, "leaf", "-cert", "root.pem")
        certificate.write_bytes((folder / "root.pem").read_bytes())
        both = (folder / "leaf.pem").read_bytes() + (folder / "leaf.key").read_bytes()
        server.touch(mode=0o600, exist_ok=False)
        server.write_bytes(both)


def _request(folder: Path, name: str, subject: str) -> None:
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc")
    files = ("-keyout", f"{name}.key", "-out", f"{name}.csr")
    options = ("-config", "openssl.cnf", "-subj", f"/CN={subject}")
    run("openssl", "req", "-new", *key, *files, *options, folder=folder)


def _sign(folder: Path, name: str, *issuer: str) -> None:
    now = datetime.now(UTC)
    validity = ("-startdate", _asn1(now - _BACKDATED), "-enddate", _asn1(now + _VALID))
    files = ("-keyfile", "root.key", "-in", f"{name}.csr", "-out", f"{name}.pem")
    options = ("-config", "openssl.cnf", "-extensions", name, "-batch", "-notext")
    run("openssl", "ca", *issuer, *files, *options, *validity, folder=folder)


def _asn1(time: datetime) -> str:
    return time.strftime("%Y%m%d%H%M%SZ")
