"""Ask a process on this machine for its health, without the proxy."""

from __future__ import annotations

import http.client
import socket
import time
from typing import Any

from porter.aws.health_check import host_header
from porter.spec import HealthCheck

_LARGEST = 1024 * 1024
"""Bytes of an answer that are read, as many as porterd reads."""


class _TimedSocket(socket.socket):
    """A connected socket whose reads all end at one instant.

    A plain time-out would start again with each byte, so a slow program could hold apply's lock.
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


def problem_of(port: int, check: HealthCheck) -> str:
    """Return what is wrong with the process on 127.0.0.1:`port`; empty if it is healthy.

    The check's time-out bounds the whole exchange, from connecting to the last byte.
    """
    expires = time.monotonic() + check.timeout_seconds
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connected = socket.create_connection(("127.0.0.1", port), check.timeout_seconds)
        connection.sock = _TimedSocket(connected, expires)
        headers = {"Connection": "close", "Host": check.host or host_header(port)}
        connection.request("GET", check.path, headers=headers)
        response = connection.getresponse()
        response.read(_LARGEST)
    except ConnectionRefusedError:
        return f"nothing listens on 127.0.0.1:{port}"
    except TimeoutError:
        return f"no whole answer to GET {check.path} within {check.timeout_seconds:g} s"
    # http.client raises ValueError for the chunk size -5.
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"no answer to GET {check.path}: {type(error).__name__}"
    finally:
        connection.close()
    if not check.accepts(response.status):
        return f"GET {check.path} is answered {response.status}; only {check.codes} counts"
    return ""


def is_free(port: int) -> bool:
    """Whether `port` is free on every address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 - it never listens
        except OSError:
            return False
    return True
