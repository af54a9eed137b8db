"""A server on a Unix socket, where the client expects Docker's Engine."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from porter.host.docker.engine import Engine


def answer(handler: BaseHTTPRequestHandler, status: int, said: object) -> None:
    """Answer as the Engine does, with JSON and its length."""
    content = json.dumps(said).encode()
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


@contextmanager
def playing(folder: Path, handler: type[BaseHTTPRequestHandler]) -> Iterator[Engine]:
    """Serve `handler` as the Engine, on a socket in `folder`, until the block ends."""
    path = folder / "docker.sock"
    with socketserver.ThreadingUnixStreamServer(str(path), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield Engine(path)
        server.shutdown()
        thread.join()
