"""Real wait handles are https URLs: the client verifies the server's certificate."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from porter.aws.wait_handle import Outcome, Signal, SignalError, send
from tests.daemon.loopback import HANDLE_PATH, WaitHandle, running

SIGNAL = Signal("SUCCESS", unique_id="i-1", reason="it is well")


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A self-signed certificate of `localhost`, with its key."""
    file = tmp_path / "localhost.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-keyout", str(tmp_path / "key.pem"), "-out", str(file), "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    return file


@pytest.fixture
def handle(authority: Path) -> Iterator[WaitHandle]:
    """A wait handle that speaks TLS."""
    server = WaitHandle()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, authority.with_name("key.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.url = f"https://localhost:{server.port}{HANDLE_PATH}"
    with running(server):
        yield server


def test_a_signal_goes_out_by_tls(
    handle: WaitHandle, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    assert send(handle.url, SIGNAL, deadline_seconds=10) is Outcome.ACCEPTED
    assert [put.signal["Status"] for put in handle.puts] == ["SUCCESS"]


def test_a_server_that_nobody_vouches_for_gets_no_signal(handle: WaitHandle) -> None:
    with pytest.raises(SignalError, match="certificate verify failed"):
        send(handle.url, SIGNAL, deadline_seconds=1)
    assert handle.puts == []
