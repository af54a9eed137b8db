"""Loopback servers in place of HAProxy, CloudFormation and the instance metadata service."""

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

INSTANCE_ID = "i-0123456789abcdef0"
SECRET = "Signature=s3cr3t%2Fhandle%3D"  # noqa: S105 - nobody's
HANDLE_PATH = f"/arn%3Aaws%3Acloudformation%3Aeu-west-1/Hello%2Fabc?Expires=86399&{SECRET}"


class Server(ThreadingHTTPServer):
    """An HTTP server on loopback; `port` 0 takes a free one."""

    request_queue_size = 128

    def __init__(self, handler: type[BaseHTTPRequestHandler], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self.port = self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing: tests kill clients on purpose."""


@contextmanager
def running(server: Server) -> Iterator[None]:
    """Run `server` during the block, then close its port."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class Handler(BaseHTTPRequestHandler):
    """A handler that logs nothing and closes each connection after its answer."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Log nothing."""

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send a complete answer; `Content_Type` becomes `Content-Type`."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def reset(self) -> None:
        """Close the connection without an answer, by a RST, as a crash does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


class Service(Server):
    """The service behind HAProxy: it answers from `script`, then always `status`.

    Each answer takes `seconds`.
    """

    def __init__(self, port: int = 0, script: tuple[int, ...] = (), status: int = 200) -> None:
        super().__init__(ServiceHandler, port)
        self.script = list(script)
        self.status = status
        self.seconds = 0.0
        self.requests: list[tuple[float, dict[str, str]]] = []


class ServiceHandler(Handler):
    """The handler of a `Service`."""

    server: Service

    def do_GET(self) -> None:
        """Send the next answer of the script."""
        self.server.requests.append((time.time(), dict(self.headers)))
        time.sleep(self.server.seconds)
        status = self.server.script.pop(0) if self.server.script else self.server.status
        self.answer(status, b"hi", Content_Type="text/plain")


@dataclass(frozen=True)
class Put:
    """One request to the wait handle."""

    at: float
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def signal(self) -> dict[str, str]:
        """Return the decoded body."""
        decoded: dict[str, str] = json.loads(self.body)
        return decoded


class WaitHandle(Server):
    """A wait handle: `script` holds statuses, "reset", or seconds (a float) before a 200.

    As strict as S3 with a presigned URL, whose signature covers path, query and an empty
    Content-Type: a wrong one is a 403, a body without its length a 411 (Amazon S3 API reference,
    "Error responses": SignatureDoesNotMatch, MissingContentLength). A refused request is not in
    `puts`.
    """

    def __init__(self, script: tuple[int | float | str, ...] = ()) -> None:
        super().__init__(WaitHandleHandler)
        self.script = list(script)
        self.puts: list[Put] = []
        self.url = f"http://127.0.0.1:{self.port}{HANDLE_PATH}"


class WaitHandleHandler(Handler):
    """The handler of a `WaitHandle`."""

    server: WaitHandle

    def do_PUT(self) -> None:
        """Record the signal, then answer as the script says."""
        if "Content-Length" not in self.headers:
            self.close_connection = True
            self.answer(411)
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Type") or self.path != HANDLE_PATH:
            self.answer(403, b"<Code>SignatureDoesNotMatch</Code>")
            return
        self.server.puts.append(Put(time.time(), self.path, dict(self.headers), body))
        act = self.server.script.pop(0) if self.server.script else 200
        if act == "reset":
            self.reset()
        elif isinstance(act, float):
            time.sleep(act)
            self.answer(200)
        else:
            self.answer(int(act))


class Imds(Server):
    """An instance metadata service, version 2 only; `script` holds its first errors.

    Its rules are those of the EC2 user guide, "Use the Instance Metadata Service": a PUT gives a
    token for 1 to 21,600 seconds (else 400), but not through a proxy (403); a GET without a valid
    token is answered 401. The clock is `slept` seconds fast.
    """

    def __init__(self, script: tuple[int | str, ...] = ()) -> None:
        super().__init__(ImdsHandler)
        self.script = list(script)
        self.url = f"http://127.0.0.1:{self.port}"
        self.tokens: dict[str, float] = {}
        self.slept = 0.0
        self.requests: list[str] = []
        identity = {
            "accountId": "123456789012",
            "availabilityZone": "eu-west-1a",
            "imageId": "ami-1",
            "instanceId": INSTANCE_ID,
            "instanceType": "t3.micro",
            "privateIp": "10.0.0.9",
            "region": "eu-west-1",
        }
        self.tree = {
            "meta-data/instance-id": INSTANCE_ID,
            "meta-data/placement/region": "eu-west-1",
            "meta-data/tags/instance": "Name\naws:autoscaling:groupName",
            "meta-data/tags/instance/Name": "hello",
            "meta-data/tags/instance/aws:autoscaling:groupName": "Hello-Group",
            "dynamic/instance-identity/document": json.dumps(identity),
        }

    def now(self) -> float:
        """Return the time by which tokens expire, in seconds."""
        return time.monotonic() + self.slept


class ImdsHandler(Handler):
    """The handler of an `Imds`."""

    server: Imds

    def do_PUT(self) -> None:
        """Send a token."""
        self.server.requests.append("PUT")
        lifetime = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
        if self.path != "/latest/api/token":
            self.answer(404)
        elif "X-Forwarded-For" in self.headers:
            self.answer(403)
        elif not lifetime.isdecimal() or not 1 <= int(lifetime) <= 21_600:
            self.answer(400)
        else:
            token = f"token-{len(self.server.requests)}"
            self.server.tokens[token] = self.server.now() + int(lifetime)
            self.answer(200, token.encode())

    @property
    def token(self) -> str:
        """Return the token of the request."""
        return str(self.headers.get("X-aws-ec2-metadata-token", ""))

    def do_GET(self) -> None:
        """Send metadata if the token is valid."""
        self.server.requests.append(self.path)
        trouble = self.server.script.pop(0) if self.server.script else None
        if trouble == "reset":
            self.reset()
        elif self.server.now() >= self.server.tokens.get(self.token, 0):
            self.answer(401)
        elif trouble:
            self.answer(int(trouble))
        elif (found := self.server.tree.get(self.path.removeprefix("/latest/"))) is None:
            self.answer(404)
        else:
            self.answer(200, found.encode())
