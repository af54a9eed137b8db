"""One HTTP exchange has an end, whatever the peer sends, in plain text and over TLS."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import repeat

import pytest

from porter.aws.exchange import AnswerTooLongError, get
from porter.rehearsal.machines.vpc import authority
from tests.harness.slowness import slowness

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """The TLS of a server whose certificate nobody vouches for."""
    folder = tmp_path_factory.mktemp("authority")
    file = folder / "server.pem"
    authority.issue(["web.example"], certificate=folder / "root.pem", server=file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@contextmanager
def peer(start: bytes, more: bytes, pause: float, tls: ssl.SSLContext | None) -> Iterator[int]:
    """Run a peer that sends `start` and then `more`, for ten seconds at least; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            connected, _ = listener.accept()
            with connected, suppress(OSError):
                connection = tls.wrap_socket(connected, server_side=True) if tls else connected
                with connection:
                    connection.recv(65_536)
                    connection.sendall(start)
                    for piece in repeat(more, 50 if pause else 100_000):
                        connection.sendall(piece)
                        time.sleep(pause)

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("tls", [False, True])
def test_a_slow_peer_does_not_prolong_the_exchange(server: ssl.SSLContext, *, tls: bool) -> None:
    with peer(CHUNKED, b"1\r\nx\r\n", 0.2, server if tls else None) as port:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            get(port, "/", 1.0, tls=tls)
        assert time.monotonic() - began < 3 * slowness()


def test_a_peer_that_never_pauses_does_not_prolong_it_either() -> None:
    """No read waits, because there are always bytes: time is up between two reads."""
    with peer(CHUNKED, b"1\r\nx\r\n" * 1000, 0, None) as port, pytest.raises(TimeoutError):
        get(port, "/", 0.02)


@pytest.mark.parametrize("tls", [False, True])
def test_an_endless_answer_is_not_read_for_long(server: ssl.SSLContext, *, tls: bool) -> None:
    """Python reads a chunk of -1 bytes until the peer stops."""
    with (
        peer(CHUNKED + b"-1\r\n", b"x" * 65_536, 0, server if tls else None) as port,
        pytest.raises(AnswerTooLongError),
    ):
        get(port, "/", 20 * slowness(), tls=tls)
