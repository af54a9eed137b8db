"""The instance metadata service of one machine, version 2 only, on a loopback port of its own.

Source: "Use IMDS" and "Instance metadata categories" in the EC2 User Guide.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from porter.rehearsal.machine.metadata import Tree

TTL_HEADER = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER = "X-aws-ec2-metadata-token"  # noqa: S105 - a header's name
LONGEST_TTL = 21_600
"""Seconds a token may be asked for: six hours."""


class MetadataService:
    """Serves `tree` from construction until `stop`."""

    def __init__(self, tree: Tree) -> None:
        self._server = _Server(tree)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()

    @property
    def endpoint(self) -> str:
        """What `AWS_EC2_METADATA_SERVICE_ENDPOINT` should say."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, tree: Tree) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tree = tree
        self._tokens: dict[str, float] = {}

    def new_token(self, seconds: int) -> str:
        token = secrets.token_urlsafe(40)
        self._tokens[token] = time.monotonic() + seconds
        return token

    def knows(self, token: str | None) -> bool:
        return token is not None and self._tokens.get(token, 0) > time.monotonic()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no event."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "EC2ws"
    sys_version = ""
    timeout = 30
    server: _Server

    def do_PUT(self) -> None:
        ttl = self.headers.get(TTL_HEADER, "")
        if self.path != "/latest/api/token":
            self._reply(HTTPStatus.NOT_FOUND)
        elif "X-Forwarded-For" in self.headers:
            self._reply(HTTPStatus.FORBIDDEN)
        elif not ttl.isdigit() or not 1 <= int(ttl) <= LONGEST_TTL:
            self._reply(HTTPStatus.BAD_REQUEST)
        else:
            self._reply(HTTPStatus.OK, self.server.new_token(int(ttl)).encode(), {TTL_HEADER: ttl})

    def do_GET(self) -> None:
        if not self.server.knows(self.headers.get(TOKEN_HEADER)):
            self._reply(HTTPStatus.UNAUTHORIZED)
            return
        content = find(self.server.tree, urlsplit(self.path).path)
        self._reply(HTTPStatus.NOT_FOUND if content is None else HTTPStatus.OK, content or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Metadata requests are not worth a line."""

    def _reply(
        self, status: HTTPStatus, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def find(tree: Tree, path: str) -> bytes | None:
    """What `path` holds: a value, a folder's listing, or None."""
    node: Tree | Callable[[], bytes] | bytes | str = tree
    for segment in filter(None, unquote(path).split("/")):
        if not isinstance(node, dict) or segment not in node:
            return None
        node = node[segment]
    if isinstance(node, dict):
        names = (f"{name}/" if isinstance(below, dict) else name for name, below in node.items())
        return "\n".join(names).encode()
    value = node() if callable(node) else node
    return value.encode() if isinstance(value, str) else value
