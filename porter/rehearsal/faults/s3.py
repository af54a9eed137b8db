"""Make S3 fail for hosts: the assets they fetch, and the wait handle."""

from __future__ import annotations

import asyncio
import functools
import socket
import struct
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextvars import ContextVar
from importlib import import_module
from typing import Any

from porter.rehearsal.cloud.emulator.asgi import SIGNAL_PATH, App, Receive, Scope, Send, say, wrap
from porter.rehearsal.faults import Fault

TIMES = 3
"""How many requests fail when a fault is temporary."""

SLOW_SECONDS = 3.0

ASSET_SECONDS = 30.0
"""Longer than a host waits for an answer."""

_connection: ContextVar[asyncio.StreamWriter] = ContextVar("connection")
"""The request's connection: ASGI cannot reset one."""


def install(names: Collection[str]) -> None:
    """Wrap ministack in this process so that the faults `names` happen."""
    faults = [Fault(name) for name in names]
    if Fault.ASSET_SLOW in faults:
        wrap(SlowAsset)
    if not any(fault in _ANSWERS or fault is Fault.HANDLE_SLOW for fault in faults):
        return
    server = import_module("hypercorn.asyncio.tcp_server").TCPServer
    wrap(lambda app: BrokenHandle(app, faults))
    setattr(server, "run", _remembering(server.run))  # noqa: B010 - untyped


class SlowAsset:
    """An ASGI application: `app`, but a host's first download is slow.

    Hosts sign in the query, the cdk CLI in a header.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._slow = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = scope.get("method") == "GET" and b"X-Amz-Signature=" in scope["query_string"]
        if asked and self._slow:
            self._slow = False
            await asyncio.sleep(ASSET_SECONDS)
        await self._app(scope, receive, send)


class BrokenHandle:
    """An ASGI application: `app`, but signals fail."""

    def __init__(self, app: App, faults: Collection[Fault]) -> None:
        self._app = app
        self._faults = faults
        self._seen = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope.get("method") != "PUT" or not scope["path"].startswith(SIGNAL_PATH):
            await self._app(scope, receive, send)
            return
        self._seen += 1
        if Fault.HANDLE_SLOW in self._faults:
            await asyncio.sleep(SLOW_SECONDS)
        for fault in self._faults:
            if fault in _ANSWERS and not (fault in _PASSING and self._seen > TIMES):
                await _ANSWERS[fault](send)
                return
        await self._app(scope, receive, send)


def _remembering(run: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    @functools.wraps(run)
    async def remember(connection: Any) -> None:  # noqa: ANN401 - hypercorn's own type
        _connection.set(connection.writer)
        await run(connection)

    return remember


async def _reset(_send: Send) -> None:
    """Reset the connection: closing with a linger time of 0 sends RST (socket(7))."""
    writer = _connection.get()
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


_ERROR = functools.partial(say, status=500, code="InternalError", message="Please try again.")
_DENIED = functools.partial(say, status=403, code="AccessDenied")
_ANSWERS: Mapping[Fault, Callable[[Send], Awaitable[None]]] = {
    Fault.HANDLE_DENIED: functools.partial(_DENIED, message="Access Denied"),
    Fault.HANDLE_EXPIRED: functools.partial(_DENIED, message="Request has expired"),
    Fault.HANDLE_ERROR: _ERROR,
    Fault.HANDLE_DEAD: _ERROR,
    Fault.HANDLE_RESET: _reset,
}
_PASSING = (Fault.HANDLE_ERROR, Fault.HANDLE_RESET)
