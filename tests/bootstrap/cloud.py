"""Metadata service, S3 and a wait handle on one loopback port, each as strict as the real one."""

import hashlib
import http.server
import json
import threading
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
"""A status, or `drop` (no answer at all) or `truncate` (half of the body)."""


@dataclass
class Cloud:
    """What the servers were asked, what they are to answer, and what was seen meanwhile."""

    objects: dict[str, bytes] = field(default_factory=dict)
    s3_answers: list[Answer] = field(default_factory=list)
    handle_answers: list[int] = field(default_factory=list)
    s3_requests: list[str] = field(default_factory=list)
    signals: list[tuple[str, Any, dict[str, Any]]] = field(default_factory=list)
    role: dict[str, str] = field(default_factory=dict)
    credentials_read: int = 0
    command_lines: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """The endpoint of all three."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def handle_url(self) -> str:
        """What `Ref` of the wait handle gives: presigned, and full of percent-encoding."""
        return self.url + HANDLE

    def put(self, key: str, content: bytes) -> dict[str, str]:
        """Store an object; its location as a `Deployment` gives it."""
        self.objects[f"/{BUCKET}/{key}"] = content
        digest = hashlib.sha256(content).hexdigest()
        return {"bucket": BUCKET, "key": key, "sha256": digest}

    def credentials(self) -> dict[str, str]:
        """The role's, or invented ones that change with every reading, as after a renewal."""
        self.credentials_read += 1
        if self.role:
            return self.role
        identity = f"ASIA{self.credentials_read:08}"
        return {"AccessKeyId": identity, "SecretAccessKey": SECRET_KEY, "Token": TOKEN}

    def signature(self, url: str, region: str = REGION) -> str:
        """What botocore would have signed `url` with."""
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
    """Routes by path; the server object carries the `Cloud`."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_PUT(self) -> None:
        """A metadata token, or a signal."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/latest/api/token":
            self.reply(200 if "X-aws-ec2-metadata-token-ttl-seconds" in self.headers else 400, "t")
        elif self.path.startswith("/handle/"):
            self.handle_signal(body)
        else:
            self.reply(405)

    def do_GET(self) -> None:
        """Metadata for those who have a token, or an object."""
        if self.path.startswith("/latest/meta-data/"):
            known = self.headers.get("X-aws-ec2-metadata-token") == "t"
            text = self.metadata(self.path.removeprefix("/latest/meta-data/"))
            self.reply((200 if text else 404) if known else 401, text)
        else:
            self.handle_s3()

    def metadata(self, path: str) -> str:
        """What there is at `path`; nothing if it is unknown."""
        role = "iam/security-credentials/"
        if path == role + "host-role":
            return json.dumps(self.server.cloud.credentials())
        return {"instance-id": INSTANCE, role: "host-role"}.get(path, "")

    def handle_signal(self, body: bytes) -> None:
        """Take a signal, unless a content type breaks its signature."""
        cloud = self.server.cloud
        cloud.command_lines += command_lines()
        answer = cloud.handle_answers.pop(0) if cloud.handle_answers else 200
        if self.headers.get("Content-Type"):
            answer = 403
        if answer == 200:
            cloud.signals.append((self.path, self.headers.get("Content-Type"), json.loads(body)))
        self.reply(answer)

    def handle_s3(self) -> None:
        """An object for whoever signed for it, unless another answer is due."""
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
        """Answer; with `cut`, promise more than comes."""
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        self.close_connection = self.close_connection or cut

    def log_message(self, *_: object) -> None:
        """Nothing: what was asked is in the `Cloud`."""


class Server(http.server.ThreadingHTTPServer):
    """The three services; `server_close` waits for the threads of their requests."""

    daemon_threads = True

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.cloud = cloud
        cloud.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Free the port."""
        self.shutdown()
        self.server_close()


def command_lines() -> list[str]:
    """Of every process on this machine, now: what any other user could read."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return lines
