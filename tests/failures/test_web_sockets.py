"""A WebSocket through HAProxy: it stays open for as long as both ends want it."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.failures import services
from tests.failures.rows import Success
from tests.rehearsal.playground import Playground

_UPGRADE = (
    b"GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""The answer to that key, from RFC 6455, section 1.3."""

OPEN_SECONDS = 12.0
"""Longer than the time-outs of HAProxy that are for a request: 2 s and 10 s."""


_NO_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root")


@pytest.fixture(params=["process", pytest.param("systemd", marks=_NO_ROOT)])
def service(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """Where the rehearsed service answers, through whatever stands before it."""
    with tempfile.TemporaryDirectory(prefix="pf") as folder:
        playground = Playground(Path(folder))
        case = Success(name="socket", main=services.WEB_SOCKET)
        app = (case.booted() if request.param == "systemd" else case).make(playground)
        process = playground.start(app, "--stay", "--machine", request.param)
        try:
            yield _address(process)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
        finally:
            process.kill()
            process.communicate()
        assert playground.processes() == []


def _address(process: subprocess.Popen[str]) -> tuple[str, int]:
    assert process.stderr
    deadline = time.monotonic() + 120
    seen = b""
    while time.monotonic() < deadline:
        if select.select([process.stderr], [], [], 1)[0]:
            seen += os.read(process.stderr.fileno(), 4096)
        if found := re.search(rb"the service: (\S+)\n", seen):
            url = urlsplit(found[1].decode())
            return url.hostname or "", url.port or 80
    raise TimeoutError(seen.decode())


def test_a_web_socket_stays_open(service: tuple[str, int]) -> None:
    with socket.create_connection(service, timeout=5) as connection:
        connection.sendall(_UPGRADE)
        answer = connection.recv(4096)
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        assert _ACCEPT in answer
        time.sleep(OPEN_SECONDS)
        connection.sendall(b"still there?")
        assert connection.recv(4096) == b"still there?"
