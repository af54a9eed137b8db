"""Ask the application for its answer to a complete request."""

from __future__ import annotations

from typing import Any

from flask import Flask
from gunicorn.config import Config
from gunicorn.http import wsgi

from porter.daemon.connection import Connection


class _Sink:
    """Collects what gunicorn would send to the client's socket."""

    def __init__(self) -> None:
        self.sent = bytearray()

    def sendall(self, data: bytes) -> None:
        self.sent += data

    send = sendall


def answer(app: Flask, config: Config, connection: Connection) -> bytes:
    """Return the bytes with which `app` answers the request of `connection`."""
    sink = _Sink()
    environ: dict[str, Any]
    response, environ = wsgi.create(
        connection.request, sink, connection.client, connection.server, config
    )
    response.force_close()
    environ["wsgi.multithread"] = True
    pieces = app(environ, response.start_response)
    try:
        for piece in pieces:
            response.write(piece)
        response.close()
    finally:
        if hasattr(pieces, "close"):
            pieces.close()
    return bytes(sink.sent)
