"""HAProxy's certificate and its key: from their secrets to one file in memory."""

from __future__ import annotations

import os
import ssl

from porter.errors import PorterError
from porter.host.layout import Layout
from porter.host.service import File
from porter.host.vault import Vault
from porter.spec import HostSpec

WHERE = "proxy/tls"


def certificate_file(layout: Layout, spec: HostSpec, vault: Vault) -> File | None:
    """The PEM file that HAProxy answers with; None without TLS.

    Raises `PorterError` for secrets that cannot be had, or that are no certificate with its key.
    """
    tls = spec.proxy.tls if spec.proxy else None
    if tls is None:
        return None
    parts = [vault.fetch(tls.certificate, f"{WHERE}/certificate")]
    if tls.private_key:
        parts.append(vault.fetch(tls.private_key, f"{WHERE}/private_key"))
    pem = "".join(f"{part.strip()}\n" for part in parts).encode()
    _check(pem)
    return File(layout.certificate, pem, 0o600)


def _check(pem: bytes) -> None:
    """What OpenSSL does not accept would end HAProxy at its next start, or keep the old one.

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
