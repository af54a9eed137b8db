"""A WebSocket outlives a hot apply by `drain_seconds`: it is cut at the deadline, not before."""

from __future__ import annotations

import socket
import threading
import time
from datetime import datetime

import pytest

from tests.hot.host import HotHost

DRAIN = 4
LATE = 3.0
"""Seconds by which a busy machine may be late."""

_UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
"""The request with the key of RFC 6455, section 1.3, whose answer the service knows."""


@pytest.mark.argument(
    "PorterService(drain_seconds=...)",
    effect="on a running host a WebSocket to the old process is cut that long after the new one "
    "took over, not before",
)
def test_a_web_socket_lives_until_the_deadline_while_the_new_process_serves(hot: HotHost) -> None:
    with socket.create_connection(("127.0.0.1", hot.port), timeout=30) as connection:
        connection.sendall(_UPGRADE)
        assert connection.recv(4096).startswith(b"HTTP/1.1 101 ")
        hot.release("2", drain_seconds=DRAIN)
        applying = threading.Thread(target=hot.applied)
        applying.start()
        while hot.page() != "2":
            assert _echoes(connection)
            time.sleep(0.05)
        while _echoes(connection):
            time.sleep(0.05)
        cut = time.time()
        applying.join(60)
    drained = _logged(hot, "state drain")
    assert DRAIN <= cut - drained <= DRAIN + LATE
    assert hot.page() == "2"


def test_without_one_nothing_is_waited_for(hot: HotHost) -> None:
    hot.release("2", drain_seconds=60)
    hot.applied()
    assert _logged(hot, "shutdown sessions") - _logged(hot, "state drain") < LATE


def _echoes(connection: socket.socket) -> bool:
    """Return whether the connection still echoes."""
    try:
        connection.sendall(b"there?")
        return connection.recv(4096) == b"there?"
    except OSError:
        return False


def _logged(hot: HotHost, words: str) -> float:
    """Return when apply last logged that step."""
    lines = hot.text("var/log/porter/apply.log").splitlines()
    stamp = [line.split(" ", 1)[0] for line in lines if words in line][-1]
    return datetime.fromisoformat(stamp).timestamp()
