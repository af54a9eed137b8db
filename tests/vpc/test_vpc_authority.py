"""The temporary authority can sign only AWS's names, for a week."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from porter.rehearsal.machines.vpc import authority
from tests.harness.conditions import makes_certificates

pytestmark = makes_certificates


def shaken(folder: Path, *names: str, asked: str) -> None:
    """Do a TLS handshake with a server certified for `names`. Raises `ssl.SSLError`."""
    authority.issue(names, certificate=folder / "ca.pem", server=folder / "server.pem")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "server.pem")
    trusting = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    here, there = socket.socketpair()

    def serve() -> None:
        with suppress(OSError):
            serving.wrap_socket(there, server_side=True).close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with here:
            trusting.wrap_socket(here, server_hostname=asked).close()
    finally:
        thread.join(5)


def test_a_certificate_for_amazonaws_com_is_trusted(tmp_path: Path) -> None:
    shaken(tmp_path, "*.s3.amazonaws.com", asked="bucket.s3.amazonaws.com")


def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shaken(tmp_path, "*.example.com", asked="www.example.com")


def test_certificates_are_valid_for_a_week_and_on_a_clock_a_day_slow(tmp_path: Path) -> None:
    authority.issue(["*.amazonaws.com"], certificate=tmp_path / "ca", server=tmp_path / "server")
    (certificate,) = ssl.create_default_context(cafile=str(tmp_path / "ca")).get_ca_certs()
    begins, ends = (
        ssl.cert_time_to_seconds(str(certificate[key])) for key in ("notBefore", "notAfter")
    )
    assert begins < time.time() - 24 * 3600
    assert 6 * 24 * 3600 < ends - time.time() < 8 * 24 * 3600


def test_the_authoritys_key_is_deleted_and_the_servers_is_private(tmp_path: Path) -> None:
    authority.issue(["*.amazonaws.com"], certificate=tmp_path / "ca", server=tmp_path / "server")
    assert {path.name for path in tmp_path.iterdir()} == {"ca", "server"}
    assert "PRIVATE KEY" not in (tmp_path / "ca").read_text()
    assert (tmp_path / "server").stat().st_mode & 0o777 == 0o600
