"""One HTTP request on loopback, with a time-out for the whole exchange."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from typing import Any

LARGEST_BODY = 65_536
"""Bytes of a body that are read at most."""


class _TimedSocket(socket.socket):
    """A connected socket whose reads all end at one instant.

    A plain time-out would start again with each byte that a slow peer sends.
    """

    def __init__(self, connected: socket.socket, expires: float) -> None:
        super().__init__(fileno=connected.detach())
        self._expires = expires

    def recv_into(self, *arguments: Any) -> int:  # noqa: ANN401 - passed through
        left = self._expires - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.settimeout(left)
        return super().recv_into(*arguments)


class _TimedTls(ssl.SSLSocket):
    """The same over TLS; `expires` is set once the socket is connected."""

    expires: float

    def recv_into(self, *arguments: Any) -> int:  # noqa: ANN401 - passed through
        left = self.expires - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.settimeout(left)
        return super().recv_into(*arguments)


def _loopback_tls() -> ssl.SSLContext:
    """A TLS context that verifies no name: a server on this host's loopback is this host.

    AWS's load balancers do not verify their targets' certificates either.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = _TimedTls
    return context


def get(
    port: int, path: str, timeout: float, *, tls: bool = False
) -> tuple[http.client.HTTPResponse, bytes]:
    """`GET path` from 127.0.0.1 within `timeout` seconds, from connecting to the last byte.

    Raises `OSError` or `http.client.HTTPException` without an answer.
    """
    expires = time.monotonic() + timeout
    connected = socket.create_connection(("127.0.0.1", port), timeout)
    connection = http.client.HTTPConnection("localhost")
    try:
        connection.sock = _secured(connected, expires) if tls else _TimedSocket(connected, expires)
        headers = {"Host": "localhost", "User-Agent": "porterd", "Connection": "close"}
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        # Read to the end: closing early would look like a reset to the service.
        return response, response.read(LARGEST_BODY)
    finally:
        connection.close()


def _secured(connected: socket.socket, expires: float) -> ssl.SSLSocket:
    """Start TLS on `connected`; the time-out bounds the whole handshake."""
    connected.settimeout(max(0.001, expires - time.monotonic()))
    try:
        secured = _loopback_tls().wrap_socket(connected)
    except BaseException:
        connected.close()
        raise
    assert isinstance(secured, _TimedTls)  # noqa: S101 - the context makes no others
    secured.expires = expires
    return secured
