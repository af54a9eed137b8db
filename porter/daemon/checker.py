"""One health check: ask the service through HAProxy and name whatever is wrong."""

from __future__ import annotations

import http.client
import socket
import time
from typing import Any

from porter.daemon.clock import now
from porter.daemon.gate import Observation
from porter.daemon.settings import Target

_LARGEST_BODY = 65_536
_LONGEST_QUOTE = 200
_HAPROXY_SAYS = {
    502: "HAProxy got no valid answer from the service",
    503: "HAProxy reaches no server of the service",
    504: "HAProxy waited in vain for the service's answer",
}


class _TimedSocket(socket.socket):
    """A connected socket whose reads all end at one instant.

    A time-out of the plain kind starts again with each byte a slow peer sends.
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


def check(target: Target, timeout: float) -> Observation:
    """Ask once. `timeout` seconds bound the whole exchange, from connecting to the last byte."""
    started = time.monotonic()
    status = None
    try:
        status, problem = _ask(target, timeout)
    except (OSError, http.client.HTTPException) as error:
        problem = _name(error, target, timeout)
    return Observation(
        at=now(),
        ok=not problem,
        status=status,
        seconds=time.monotonic() - started,
        problem=problem,
    )


def _ask(target: Target, timeout: float) -> tuple[int, str]:
    expires = time.monotonic() + timeout
    connected = socket.create_connection(("127.0.0.1", target.port), timeout)
    connection = http.client.HTTPConnection("localhost")
    connection.sock = _TimedSocket(connected, expires)
    try:
        headers = {"Host": "localhost", "User-Agent": "porterd", "Connection": "close"}
        connection.request("GET", target.health_check.path, headers=headers)
        response = connection.getresponse()
        body = response.read(
            _LARGEST_BODY
        )  # drained: a reset would look like a fault to the service
        return response.status, _judge(response, body)
    finally:
        connection.close()


def _judge(response: http.client.HTTPResponse, body: bytes) -> str:
    """What is wrong with an answer; nothing with a whole 200."""
    status = response.status
    if status == http.HTTPStatus.OK:
        cut_short = response.length and len(body) < _LARGEST_BODY
        return "answered 200, but the body ended early" if cut_short else ""
    location = response.getheader("Location")
    if status // 100 == 3 and location:  # noqa: PLR2004 - 3xx
        return f"answered {status}, a redirect to {location[:_LONGEST_QUOTE]}; only 200 counts"
    said = _quote(response, body)
    return f"answered {status}: {said}" if said else f"answered {status}; only 200 counts"


def _quote(response: http.client.HTTPResponse, body: bytes) -> str:
    """The answer's own words, when they are meant for reading."""
    if body.startswith(f"<html><body><h1>{response.status} ".encode()):
        return _HAPROXY_SAYS.get(response.status, "")
    if response.headers.get_content_type() not in ("text/plain", "application/json"):
        return ""
    return " ".join(body[:_LONGEST_QUOTE].decode("utf-8", "replace").split())


def _name(error: Exception, target: Target, timeout: float) -> str:
    match error:
        case TimeoutError():
            return f"no answer within {timeout:g} s"
        case ConnectionRefusedError():
            return f"connection refused: nothing listens on port {target.port}"
        case ConnectionError():
            return "the connection was closed without an answer"
        case OSError():
            return error.strerror or type(error).__name__
        case _:
            return f"the answer is not HTTP ({type(error).__name__})"
