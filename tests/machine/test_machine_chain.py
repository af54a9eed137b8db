"""Real user data on a played machine: bootstrap, apply, service, HAProxy, porterd, signal."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from porter.bundle import archive
from porter.rehearsal.machines.played.machine import ProcessMachine
from porter.spec import AssetLocation, Deployment, HostSpec, dumps, ports_of
from porter_cdk.user_data import render
from tests.daemon.loopback import Handler, Server, WaitHandle, running
from tests.harness.free_port import free_port
from tests.host.fake_host import host_spec

from .conftest import eventually, launch, processes_of

SERVICE = """
import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write((os.environ["GREETING"] + " " + os.environ["PORTERD_URL"]).encode())

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


class Bucket(Server):
    """The part of S3 that the bootstrap uses: GET of `/bucket/key`."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        super().__init__(BucketHandler)
        self.objects = objects
        self.url = f"http://localhost:{self.port}"


class BucketHandler(Handler):
    """The handler of a `Bucket`."""

    server: Bucket

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        """Send an object for a signed request."""
        content = self.server.objects.get(self.path.partition("?")[0])
        signed = "X-Amz-Signature=" in self.path
        self.answer(200 if content and signed else 403, content or b"")


def payload(spec: HostSpec, service: str) -> bytes:
    """Return an archive as synthesis makes it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in (("host.json", dumps(spec)), ("workloads/web/main.py", service)):
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


def location(key: str, content: bytes) -> AssetLocation:
    """Return the location of `content`."""
    return AssetLocation(bucket="assets", key=key, sha256=hashlib.sha256(content).hexdigest())


class Hello:
    """One bucket, one wait handle, and a machine that runs a service."""

    def __init__(self, folder: Path, service: str) -> None:
        self.spec = host_spec()
        contents = {"b.xz": archive.path().read_bytes(), "p.gz": payload(self.spec, service)}
        self.bucket = Bucket({f"/assets/{key}": content for key, content in contents.items()})
        self.handle = WaitHandle()
        deployment = Deployment(
            schema=1,
            region="eu-west-1",
            stack_id="arn:aws:cloudformation:eu-west-1:123456789012:stack/Hello/1",
            handle_url=self.handle.url,
            bundle=location("b.xz", contents["b.xz"]),
            payload=location("p.gz", contents["p.gz"]),
        )
        user_data = render(deployment, [], ["haproxy"]).encode()
        # Move all ports: another test or rehearsal may be about to take a port that is free now.
        self.ports = {port: free_port() for port in ports_of(self.spec)}
        asked = launch(user_data, self.ports, aws_endpoint=self.bucket.url)
        self.machine = ProcessMachine(asked, folder / "machine")

    def get(self, port: int, path: str) -> str:
        """Return the answer on `port`, before mapping; empty without a listener."""
        url = f"http://127.0.0.1:{self.ports[port]}{path}"
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                body: bytes = response.read()
        except OSError:
            return ""
        return body.decode()


@pytest.fixture
def hello(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hello]:
    """A running machine; the parameter is the service's source."""
    there = Hello(tmp_path, getattr(request, "param", SERVICE))
    with running(there.bucket), running(there.handle):
        try:
            there.machine.start()
            yield there
        finally:
            there.machine.stop()
    assert processes_of(there.machine.root) == set()


def test_user_data_becomes_a_healthy_signalled_host(hello: Hello) -> None:
    eventually(lambda: hello.handle.puts, seconds=30)
    assert [put.signal["Status"] for put in hello.handle.puts] == ["SUCCESS"]
    assert hello.handle.puts[0].signal["UniqueId"] == "i-0123456789abcdef0"
    assert hello.get(80, "/") == f"hello http://127.0.0.1:{hello.ports[3001]}"
    assert json.loads(hello.get(3001, "/v1/identity"))["region"] == "eu-west-1"
    assert hello.machine.cloud_init_exit == 0
    assert hello.machine.units() == {
        "porter-environment.service": "active",
        "porter-web.service": "active",
        "porter-haproxy.service": "active",
        "porterd.service": "active",
        "porterd-drain.path": "active",
        "porterd-restart.path": "active",
    }


@pytest.mark.parametrize("hello", ["raise SystemExit('no such table')"], indirect=True)
def test_a_crashing_service_leaves_its_reason_in_its_log(hello: Hello) -> None:
    def log() -> str:
        return hello.machine.log_tail("porter-web", 20)

    eventually(lambda: "no such table" in log() and "exited with 1" in log(), seconds=30)
