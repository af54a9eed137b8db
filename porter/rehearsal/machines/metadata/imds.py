"""The instance metadata service, version 2 only.

Source: "Use IMDS" and "Instance metadata categories" in the EC2 User Guide.
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from porter.rehearsal.machines.metadata.tree import Tree

TTL_HEADER = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER = "X-aws-ec2-metadata-token"  # noqa: S105 - a header's name
LONGEST_TTL = 21_600
"""The longest life of a token, in seconds: six hours."""


class SharedMetadata:
    """Answers every client of `listener`, from construction until `stop`.

    `tree_of` returns the tree for a client's address; None means 404 for every path. Each answer is
    `delay` seconds late. `hops_of` returns for an address how many hops an answer with a token may
    take: containers are one hop further away.
    """

    def __init__(
        self,
        listener: socket.socket,
        tree_of: Callable[[str], Tree | None],
        *,
        delay: float = 0,
        hops_of: Callable[[str], int] = lambda _address: 1,
    ) -> None:
        self._server = _Server(listener, tree_of, delay, hops_of)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop, and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class MetadataService(SharedMetadata):
    """Serves what `tree` returns for one machine, on a loopback port of its own."""

    def __init__(self, tree: Callable[[], Tree]) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self._port = listener.getsockname()[1]
        super().__init__(listener, lambda _address: tree())

    @property
    def endpoint(self) -> str:
        """The value of `AWS_EC2_METADATA_SERVICE_ENDPOINT`."""
        return f"http://127.0.0.1:{self._port}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        listener: socket.socket,
        tree_of: Callable[[str], Tree | None],
        delay: float,
        hops_of: Callable[[str], int],
    ) -> None:
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.tree_of = tree_of
        self.delay = delay
        self.hops_of = hops_of
        self._tokens: dict[tuple[str, str], float] = {}

    def new_token(self, address: str, seconds: int) -> str:
        token = secrets.token_urlsafe(40)
        self._tokens[address, token] = time.monotonic() + seconds
        return token

    def knows(self, address: str, token: str | None) -> bool:
        return token is not None and self._tokens.get((address, token), 0) > time.monotonic()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "EC2ws"
    sys_version = ""
    timeout = 30
    server: _Server

    def do_PUT(self) -> None:
        ttl = self.headers.get(TTL_HEADER, "")
        address = self.client_address[0]
        if self.server.tree_of(address) is None or self.path != "/latest/api/token":
            self._reply(HTTPStatus.NOT_FOUND)
        elif "X-Forwarded-For" in self.headers:
            self._reply(HTTPStatus.FORBIDDEN)
        elif not ttl.isdigit() or not 1 <= int(ttl) <= LONGEST_TTL:
            self._reply(HTTPStatus.BAD_REQUEST)
        else:
            token = self.server.new_token(address, int(ttl))
            hops = self.server.hops_of(address)
            self.connection.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)
            self._reply(HTTPStatus.OK, token.encode(), {TTL_HEADER: ttl})

    def do_GET(self) -> None:
        address = self.client_address[0]
        tree = self.server.tree_of(address)
        if tree is None:
            self._reply(HTTPStatus.NOT_FOUND)
        elif not self.server.knows(address, self.headers.get(TOKEN_HEADER)):
            self._reply(HTTPStatus.UNAUTHORIZED)
        else:
            content = find(tree, urlsplit(self.path).path)
            self._reply(HTTPStatus.NOT_FOUND if content is None else HTTPStatus.OK, content or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Log no requests."""

    def _reply(
        self, status: HTTPStatus, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        time.sleep(self.server.delay)
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def find(tree: Tree, path: str) -> bytes | None:
    """Return the value at `path`, a folder's listing, or None.

    Names are compared as they are: no document says that EC2 knows `%3A` as a colon.
    """
    node: Tree | Callable[[], bytes] | bytes | str = tree
    for segment in filter(None, path.split("/")):
        if not isinstance(node, dict) or segment not in node:
            return None
        node = node[segment]
    if isinstance(node, dict):
        names = (f"{name}/" if isinstance(below, dict) else name for name, below in node.items())
        return "\n".join(names).encode()
    value = node() if callable(node) else node
    return value.encode() if isinstance(value, str) else value
