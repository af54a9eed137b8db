"""Metadata service, S3 and a wait handle on one loopback port, each as strict as the real one.

A PUT gives a metadata token for 1 to 21,600 seconds (EC2 user guide, "Use the Instance Metadata
Service"). S3 checks signature version 4; a presigned URL's signature covers an empty Content-Type
(Amazon S3 API reference, "Authenticating requests").
"""

import hashlib
import http.server
import json
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION = "eu-central-1"
INSTANCE = "i-0123456789abcdef0"
BUCKET = "cdk-hnb659fds-assets-123456789012-eu-central-1"
HANDLE = "/handle/arn%3Aaws%3Acloudformation%3A1/Host%2FHandle?Expires=9&Signature=s3cr%2Ft%2B%3D"
SECRET_KEY = "s3cr3tAccessKey/With+Slash"  # noqa: S105 - invented
TOKEN = "t0ken/With+And=="  # noqa: S105 - invented

Answer = int | str
"""A status, `drop` (no answer at all) or `truncate` (half of the body)."""


@dataclass
class Cloud:
    """What the servers contain, how they answer, and the requests they received."""

    objects: dict[str, bytes] = field(default_factory=dict)
    s3_answers: list[Answer] = field(default_factory=list)
    handle_answers: list[int] = field(default_factory=list)
    s3_requests: list[str] = field(default_factory=list)
    signals: list[tuple[str, Any, dict[str, Any]]] = field(default_factory=list)
    role: dict[str, str] = field(default_factory=dict)
    credentials_read: int = 0
    command_lines: list[str] = field(default_factory=list)
    tokens: dict[str, float] = field(default_factory=dict)
    port: int = 0

    @property
    def url(self) -> str:
        """Return the endpoint of all three services."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def handle_url(self) -> str:
        """Return the presigned URL that `Ref` of a wait handle gives, with percent-encoding."""
        return self.url + HANDLE

    def put(self, key: str, content: bytes) -> dict[str, str]:
        """Store an object; return its location in the form of a `Deployment`."""
        self.objects[f"/{BUCKET}/{key}"] = content
        digest = hashlib.sha256(content).hexdigest()
        return {"bucket": BUCKET, "key": key, "sha256": digest}

    def credentials(self) -> dict[str, str]:
        """Return the role's credentials, or invented ones that change with every call."""
        self.credentials_read += 1
        if self.role:
            return self.role
        identity = f"ASIA{self.credentials_read:08}"
        return {"AccessKeyId": identity, "SecretAccessKey": SECRET_KEY, "Token": TOKEN}

    def signature(self, url: str, region: str = REGION) -> str:
        """Return the signature that botocore gives `url`."""
        base, _, given = url.rpartition("&X-Amz-Signature=")
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(base).query))
        key = query["X-Amz-Credential"].split("/")[0]
        auth = S3SigV4QueryAuth(Credentials(key, SECRET_KEY, TOKEN), "s3", region, expires=60)
        request = AWSRequest("GET", base)
        request.context["timestamp"] = query["X-Amz-Date"]
        wanted = auth.signature(
            auth.string_to_sign(request, auth.canonical_request(request)), request
        )
        current = f"ASIA{self.credentials_read:08}"
        return given if (given, key) == (wanted, current) else ""


class Handler(http.server.BaseHTTPRequestHandler):
    """The request handler, which routes by path."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_PUT(self) -> None:
        """Handle a request for a metadata token, or a signal."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/latest/api/token":
            self.hand_out_token()
        elif self.path.startswith("/handle/"):
            self.handle_signal(body)
        else:
            self.reply(405)

    def do_GET(self) -> None:
        """Handle a request for metadata, which needs a token, or for an object."""
        if self.path.startswith("/latest/meta-data/"):
            token = self.headers.get("X-aws-ec2-metadata-token", "")
            known = time.monotonic() < self.server.cloud.tokens.get(token, 0)
            text = self.metadata(self.path.removeprefix("/latest/meta-data/"))
            self.reply((200 if text else 404) if known else 401, text)
        else:
            self.handle_s3()

    def hand_out_token(self) -> None:
        """Send a token that is valid for the requested time."""
        seconds = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
        if not seconds.isdecimal() or not 1 <= int(seconds) <= 21_600:
            self.reply(400)
            return
        tokens = self.server.cloud.tokens
        token = f"token-{len(tokens)}"
        tokens[token] = time.monotonic() + int(seconds)
        self.reply(200, token)

    def metadata(self, path: str) -> str:
        """Return the metadata at `path`, or None."""
        role = "iam/security-credentials/"
        if path == role + "host-role":
            return json.dumps(self.server.cloud.credentials())
        return {"instance-id": INSTANCE, role: "host-role"}.get(path, "")

    def handle_signal(self, body: bytes) -> None:
        """Accept a signal, unless a content type breaks its signature."""
        cloud = self.server.cloud
        cloud.command_lines += command_lines()
        answer = cloud.handle_answers.pop(0) if cloud.handle_answers else 200
        if self.headers.get("Content-Type"):
            answer = 403
        if answer == 200:
            cloud.signals.append((self.path, self.headers.get("Content-Type"), json.loads(body)))
        self.reply(answer)

    def handle_s3(self) -> None:
        """Send an object if the signature is right, unless the test set another answer."""
        cloud = self.server.cloud
        path = self.path.partition("?")[0]
        cloud.s3_requests.append(path)
        cloud.command_lines += command_lines()
        answer = cloud.s3_answers.pop(0) if cloud.s3_answers else 200
        if answer == "drop":
            self.close_connection = True
        elif not cloud.signature(f"http://{self.headers['Host']}{self.path}"):
            self.reply(403, "<Code>SignatureDoesNotMatch</Code>")
        elif path not in cloud.objects:
            self.reply(404, f"<Code>NoSuchKey</Code>{TOKEN}")
        elif answer == "truncate":
            self.reply(200, cloud.objects[path], cut=True)
        else:
            self.reply(int(answer), cloud.objects[path] if answer == 200 else TOKEN)

    def reply(self, status: int, body: str | bytes = "", *, cut: bool = False) -> None:
        """Send an answer; with `cut`, announce more bytes than are sent."""
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        self.close_connection = self.close_connection or cut

    def log_message(self, *_: object) -> None:
        """Log nothing: the `Cloud` records the requests."""


class Server(http.server.ThreadingHTTPServer):
    """The server of all three services; `server_close` waits for their threads."""

    daemon_threads = True

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.cloud = cloud
        cloud.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Close the server and free the port."""
        self.shutdown()
        self.server_close()


def command_lines() -> list[str]:
    """Return the command lines of all processes now, which any user can read."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return lines
