"""A server on a Unix socket, where the client expects Docker's Engine."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from porter.host.docker.engine import Engine


@contextmanager
def playing(folder: Path, handler: type[BaseHTTPRequestHandler]) -> Iterator[Engine]:
    """The Engine that `handler` plays, on a socket in `folder`, until the block ends."""
    path = folder / "docker.sock"
    with socketserver.ThreadingUnixStreamServer(str(path), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield Engine(path)
        server.shutdown()
        thread.join()
