"""A WebSocket through HAProxy stays open for as long as both ends want."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.failures import services
from tests.failures.rows import Success
from tests.harness.conditions import boots
from tests.harness.sandbox import a_sandbox

_UPGRADE = (
    b"GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""The answer to the key of RFC 6455, section 1.3."""

OPEN_SECONDS = 12.0
"""More seconds than HAProxy's time-outs for a request, 2 s and 10 s."""

_BOOTED = [
    boots,
    pytest.mark.exhaustive,  # HAProxy is the same program on a played machine
]


@pytest.fixture(
    params=[
        pytest.param("process", marks=pytest.mark.exhaustive),
        pytest.param("systemd", marks=_BOOTED),
    ]
)
def service(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """The host and port of the rehearsed service's load balancer."""
    with a_sandbox("--machine", request.param) as sandbox:
        case = Success(name="socket", main=services.WEB_SOCKET)
        app = (case.booted() if request.param == "systemd" else case).make(sandbox)
        process = sandbox.start(app, "--stay")
        url = urlsplit(sandbox.staying(process).url)
        yield url.hostname or "", url.port or 80
        ended = sandbox.end(process, lambda: process.send_signal(signal.SIGINT))
        assert ended.left.nothing, ended.left


def test_a_web_socket_stays_open(service: tuple[str, int]) -> None:
    with socket.create_connection(service, timeout=30) as connection:
        connection.sendall(_UPGRADE)
        answer = connection.recv(4096)
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        assert _ACCEPT in answer
        time.sleep(OPEN_SECONDS)
        connection.sendall(b"still there?")
        assert connection.recv(4096) == b"still there?"
