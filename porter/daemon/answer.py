"""Ask the application for its answer to a complete request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.config import Config
from gunicorn.http import wsgi

from porter.daemon.connection import Connection
from porter.daemon.polls import POLL
from porter.daemon.request_id import HEADER


class _Sink:
    """Collects what gunicorn would send to the client's socket."""

    def __init__(self) -> None:
        self.sent = bytearray()

    def sendall(self, data: bytes) -> None:
        self.sent += data

    send = sendall


def answer(app: Flask, config: Config, connection: Connection) -> bytes | None:
    """Return the bytes with which `app` answers the request of `connection`; None to ask later."""
    sink = _Sink()
    environ: dict[str, Any]
    response, environ = wsgi.create(
        connection.request, sink, connection.client, connection.server, config
    )
    response.force_close()
    environ["wsgi.multithread"] = True
    environ[POLL] = connection.poll

    def start(
        status: str, headers: list[tuple[str, str]], failed: object = None
    ) -> Callable[[bytes], object]:
        own = (HEADER, connection.request_id)
        started: Callable[[bytes], object] = response.start_response(
            status, [*headers, own], failed
        )
        return started

    pieces = app(environ, start)
    try:
        for piece in pieces:
            response.write(piece)
        response.close()
    finally:
        if hasattr(pieces, "close"):
            pieces.close()
    return bytes(sink.sent) if connection.poll.until is None else None
