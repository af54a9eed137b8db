"""HAProxy's certificate and key: one file in memory, made from their secrets."""

from __future__ import annotations

import os
import ssl

from porter.errors import PorterError
from porter.host.core.goal import Goal
from porter.host.core.service import File

WHERE = "proxy/tls"


def certificate_file(goal: Goal) -> File | None:
    """Return the PEM file of certificate and key; None without TLS."""
    tls = goal.spec.proxy.tls if goal.spec.proxy else None
    if tls is None:
        return None
    parts = (tls.certificate, tls.private_key) if tls.private_key else (tls.certificate,)
    pem = "".join(f"{goal.secrets[part].strip()}\n" for part in parts)
    return File(goal.layout.certificate, pem.encode(), 0o600)


def check(pem: bytes) -> None:
    """Raise `PorterError` unless `pem` is a certificate with its private key.

    HAProxy would refuse such a file at its next start or reload. OpenSSL reads only files, so
    this one is in memory and has no name.
    """
    with os.fdopen(os.memfd_create("certificate"), "wb") as file:
        file.write(pem)
        file.flush()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            # A password, or OpenSSL would ask the terminal for one.
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}", password=b"")
        except (ssl.SSLError, ValueError) as error:
            raise PorterError(
                f"is no certificate with its private key: {_reason(pem, error)}",
                where=WHERE,
                cure="store both as PEM, the host's own certificate first, the key unencrypted",
            ) from None


def _reason(pem: bytes, error: Exception) -> str:
    """Return what is missing, or else OpenSSL's reason, which contains no part of the file.

    The labels are those of RFC 7468 and, for a key in OpenSSL's older format, of RFC 1421.
    """
    if b"-----BEGIN CERTIFICATE-----" not in pem:
        return "there is no certificate"
    if b"PRIVATE KEY-----" not in pem:
        return "there is no private key"
    if b"BEGIN ENCRYPTED PRIVATE KEY-----" in pem or b"Proc-Type: 4,ENCRYPTED" in pem:
        return "the key has a password"
    words = getattr(error, "reason", None) or "one of them is damaged"
    return str(words).replace("_", " ").lower()
