"""HAProxy's certificate and its key: from their secrets to one file in memory."""

from __future__ import annotations

import os
import ssl

from porter.errors import PorterError
from porter.host.core.goal import Goal
from porter.host.core.service import File

WHERE = "proxy/tls"


def certificate_file(goal: Goal) -> File | None:
    """The PEM file that HAProxy answers with; None without TLS."""
    tls = goal.spec.proxy.tls if goal.spec.proxy else None
    if tls is None:
        return None
    parts = (tls.certificate, tls.private_key) if tls.private_key else (tls.certificate,)
    pem = "".join(f"{goal.secrets[part].strip()}\n" for part in parts)
    return File(goal.layout.certificate, pem.encode(), 0o600)


def check(pem: bytes) -> None:
    """Raise `PorterError` unless `pem` is a certificate with its private key.

    What OpenSSL does not accept would end HAProxy at its next start, or keep the old one.

    It only reads files: this one has no name, and is in memory.
    """
    with os.fdopen(os.memfd_create("certificate"), "wb") as file:
        file.write(pem)
        file.flush()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            # Never ask a terminal for the password of a key.
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}", password=b"")
        except (ssl.SSLError, ValueError) as error:
            raise PorterError(
                f"is no certificate with its private key: {_reason(pem, error)}",
                where=WHERE,
                cure="store both as PEM, the host's own certificate first, the key unencrypted",
            ) from None


def _reason(pem: bytes, error: Exception) -> str:
    """What is missing, else OpenSSL's own words, which name no content; not every version has any.

    The labels are those of RFC 7468 and, for a key that OpenSSL has written, of RFC 1421.
    """
    if b"-----BEGIN CERTIFICATE-----" not in pem:
        return "there is no certificate"
    if b"PRIVATE KEY-----" not in pem:
        return "there is no private key"
    if b"BEGIN ENCRYPTED PRIVATE KEY-----" in pem or b"Proc-Type: 4,ENCRYPTED" in pem:
        return "the key has a password"
    words = getattr(error, "reason", None) or "one of them is damaged"
    return str(words).replace("_", " ").lower()
