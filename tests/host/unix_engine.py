"""A server on a Unix socket that answers as Docker's Engine does.

Source: Docker Engine API v1.41 (docs/api/v1.41.yaml in moby/moby) and its handlers
(api/server/router and distribution/errors.go there):

- 201 for what is created, 204 without a body for what is started, stopped, killed or removed;
- errors are JSON, `{"message": ...}`; a body that is not declared as JSON is refused with 400;
- progress and logs are chunked; a pull that fails before its first progress is no stream but an
  error, 404 if the registry has no such image or denies access, else 500; one that fails later
  ends its stream, with status 200, in an object with `error` and `errorDetail`;
- the output of a command ends with its connection: it is neither chunked nor of known length.
"""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from porter.host.docker.engine import Engine

RAW = "application/vnd.docker.raw-stream"


class EngineHandler(BaseHTTPRequestHandler):
    """The Engine's side of a connection; a test defines the answers."""

    protocol_version = "HTTP/1.1"

    def address_string(self) -> str:
        """Return a placeholder: a client of a Unix socket has no address."""
        return "here"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's
        """Log nothing."""

    def do_GET(self) -> None:
        """Handle inspections, lists and streams."""
        self.get()

    def do_POST(self) -> None:
        """Handle creations and changes."""
        self.post()

    def do_DELETE(self) -> None:
        """Handle removals."""
        self.delete()

    def get(self) -> None:
        """Refuse, as the Engine refuses unknown requests."""
        self.refuse(404, "page not found")

    def post(self) -> None:
        """Refuse, as the Engine refuses unknown requests."""
        self.refuse(404, "page not found")

    def delete(self) -> None:
        """Refuse, as the Engine refuses unknown requests."""
        self.refuse(404, "page not found")

    def body(self) -> Any:
        """Return the request's JSON; None without a body. Raises `ValueError` after answering."""
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not content:
            return None
        if self.headers.get("Content-Type") != "application/json":
            self.refuse(400, "unsupported Content-Type header: must be 'application/json'")
            raise ValueError(self.path)
        return json.loads(content)

    def answer(self, said: object = None) -> None:
        """Send `said` as JSON with the status of this operation's success."""
        self._answer(success(self.command, self.path.partition("?")[0]), said)

    def refuse(self, status: int, message: str) -> None:
        """Send an error."""
        self._answer(status, {"message": message})

    def stream(self, pieces: Iterable[bytes], content_type: str = RAW) -> None:
        """Send `pieces`, each as a chunk."""
        self._head(200, {"Content-Type": content_type, "Transfer-Encoding": "chunked"})
        for piece in filter(None, pieces):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def progress(self, *said: object) -> None:
        """Send the JSON objects `said`, as `stream` does."""
        self.stream((json.dumps(one).encode() + b"\r\n" for one in said), "application/json")

    def raw(self, pieces: Iterable[bytes]) -> None:
        """Send `pieces`, and then close the connection."""
        self._head(200, {"Content-Type": RAW})
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()
        self.close_connection = True

    def _answer(self, status: int, said: object) -> None:
        if status == 204:
            assert said is None, "204 has no body"
            self._head(status, {})
            return
        content = json.dumps(said).encode() + b"\n"
        length = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        self._head(status, length)
        self.wfile.write(content)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.flush()


def success(verb: str, place: str) -> int:
    """Return the status with which the Engine answers if `verb place` succeeds."""
    kind, last = place.split("/")[1], place.rpartition("/")[2]
    if verb == "DELETE":
        return 200 if kind == "images" else 204
    if verb == "POST" and kind != "images":
        if last in ("create", "exec"):
            return 201
        if last in ("start", "stop", "kill") and kind == "containers":
            return 204
    return 200


def frame(content: bytes) -> bytes:
    """Return a frame of standard output, as in logs and commands ("Attach to a container")."""
    return b"\1\0\0\0" + len(content).to_bytes(4, "big") + content


@contextmanager
def playing(folder: Path, handler: type[BaseHTTPRequestHandler]) -> Iterator[Engine]:
    """Serve `handler` as the Engine of the host whose root is `folder`, during the block."""
    path = folder / "run/docker.sock"
    path.parent.mkdir()
    with socketserver.ThreadingUnixStreamServer(str(path), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield Engine(folder)
        finally:
            server.shutdown()
            thread.join()
