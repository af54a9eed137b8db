"""One health check on loopback, with a time-out for the whole exchange."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from typing import Any

LARGEST_BODY = 65_536
"""Bytes of a body that are read at most."""

LARGEST_ANSWER = 1_048_576
"""Bytes of an answer that are received at most."""

USER_AGENT = "ELB-HealthChecker/2.0"
"""The header of an Application Load Balancer's health checks, as the logs of its targets show it.

Services exempt it from a redirect to HTTPS or from a check of the header Host.
"""


class BadChunkError(http.client.HTTPException):
    """The size of a chunk is negative."""


class AnswerTooLongError(http.client.HTTPException):
    """The answer is longer than `LARGEST_ANSWER`."""


class _Bounds:
    """Where the reads of one answer end: at an instant, and after `LARGEST_ANSWER` bytes.

    A plain time-out would start again with each byte that a slow peer sends, and Python reads some
    answers (a chunk of -1 bytes) until the peer stops.
    """

    def __init__(self, expires: float) -> None:
        self._expires = expires
        self._received = 0

    def seconds_left(self) -> float:
        """Return the time for the next read. Raises `TimeoutError` if there is none."""
        left = self._expires - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def count(self, received: int) -> int:
        """Return `received`. Raises `AnswerTooLongError`."""
        self._received += received
        if self._received > LARGEST_ANSWER:
            raise AnswerTooLongError
        return received


class _BoundedSocket(socket.socket):
    """A connected socket whose reads have bounds."""

    def __init__(self, connected: socket.socket, bounds: _Bounds) -> None:
        super().__init__(fileno=connected.detach())
        self._bounds = bounds

    def recv_into(self, *arguments: Any) -> int:  # noqa: ANN401 - passed through
        self.settimeout(self._bounds.seconds_left())
        return self._bounds.count(super().recv_into(*arguments))


class _BoundedTls(ssl.SSLSocket):
    """The same over TLS; `bounds` is set once the socket is connected."""

    bounds: _Bounds

    def recv_into(self, *arguments: Any) -> int:  # noqa: ANN401 - passed through
        self.settimeout(self.bounds.seconds_left())
        return self.bounds.count(super().recv_into(*arguments))


def _loopback_tls() -> ssl.SSLContext:
    """A TLS context that verifies no name: a server on this host's loopback is this host.

    AWS's load balancers do not verify their targets' certificates either.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = _BoundedTls
    return context


def get(
    port: int, path: str, timeout: float, *, host: str = "localhost", tls: bool = False
) -> tuple[http.client.HTTPResponse, bytes]:
    """`GET path` from 127.0.0.1 within `timeout` seconds, from connecting to the last byte.

    `host` is the header Host. Raises `OSError` or `http.client.HTTPException` without an answer,
    and nothing else.
    """
    bounds = _Bounds(time.monotonic() + timeout)
    connected = socket.create_connection(("127.0.0.1", port), timeout)
    connection = http.client.HTTPConnection("localhost")
    try:
        connection.sock = _secured(connected, bounds) if tls else _BoundedSocket(connected, bounds)
        headers = {"Host": host, "User-Agent": USER_AGENT, "Connection": "close"}
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        # Read to the end: closing early would look like a reset to the service.
        return response, response.read(LARGEST_BODY)
    except ValueError as error:  # from the read of a chunk with a negative size
        raise BadChunkError from error
    finally:
        connection.close()


def _secured(connected: socket.socket, bounds: _Bounds) -> ssl.SSLSocket:
    """Start TLS on `connected`; the time-out bounds the whole handshake."""
    try:
        connected.settimeout(bounds.seconds_left())
        secured = _loopback_tls().wrap_socket(connected)
    except BaseException:
        connected.close()
        raise
    assert isinstance(secured, _BoundedTls)  # noqa: S101 - the context makes no others
    secured.bounds = bounds
    return secured
