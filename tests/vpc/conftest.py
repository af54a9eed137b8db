"""Private networks for tests, seen from sockets in an instance's namespace."""

from __future__ import annotations

import http.client
import json
import secrets
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from porter.rehearsal.machines.api import Launch
from porter.rehearsal.machines.metadata.imds import TOKEN_HEADER, TTL_HEADER
from porter.rehearsal.machines.vpc import Broken, Interface, Vpc
from porter.rehearsal.machines.vpc.namespace import connect
from tests.harness.traces import until

METADATA = ("169.254.169.254", 80)


def launch(instance_id: str, user_data: bytes = b"", region: str = "eu-west-1") -> Launch:
    """Return an instance to launch, as the fleet requests it."""
    return Launch(
        instance_id=instance_id,
        account="123456789012",
        region=region,
        availability_zone=f"{region}b",
        image_id="ami-0abc",
        instance_type="t3.micro",
        user_data=user_data,
        tags={"Name": "web"},
        role_name="HostRole",
        credentials=lambda: {"AccessKeyId": f"key of {instance_id}"},
        aws_endpoint="http://localhost:1",
        ports={},
    )


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes


@dataclass
class Guest:
    """The network namespace of an instance that is not booted; eth0 is set as by DHCP."""

    interface: Interface

    def configure(self) -> None:
        """Set address and default route."""
        eth0 = f"address add {self.interface.address}/16 dev eth0\nlink set eth0 up\n"
        subprocess.run(
            ["ip", "-n", self.interface.namespace, "-batch", "-"],
            input=eth0 + "route add default via 10.77.0.1\n",
            text=True,
            check=True,
        )

    def http(self, host: str, path: str, *, method: str = "GET", **headers: str) -> Answer:
        """Send a plain HTTP request to `host`: an address, or a name at the gateway."""
        where = METADATA if host == METADATA[0] else ("10.77.0.1", 80)
        connection = http.client.HTTPConnection(host)
        connection.sock = connect(self.interface.namespace, where, 5)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        response = connection.getresponse()
        answer = Answer(response.status, response.read())
        connection.close()
        return answer

    def token(self) -> str:
        """Return a session token of the metadata service."""
        asked = {TTL_HEADER: "60"}
        return self.http(METADATA[0], "/latest/api/token", method="PUT", **asked).body.decode()

    def metadata(self, path: str) -> Answer:
        """Return the metadata at `path`, with a token."""
        return self.http(METADATA[0], path, **{TOKEN_HEADER: self.token()})


class Cloud(ThreadingHTTPServer):
    """An AWS that echoes requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Echo)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that hang up."""

    @property
    def endpoint(self) -> str:
        """Return the endpoint, in the form of the embedded AWS."""
        return f"http://localhost:{self.server_port}"


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        content = json.dumps({"path": self.path, "headers": dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""


Make = Callable[..., Vpc]


@contextmanager
def networks(folder: Path) -> Iterator[Make]:
    """Make networks; remove them, and check that nothing is left."""
    with ExitStack() as stack:
        cloud = stack.enter_context(Cloud())
        stack.callback(cloud.shutdown)

        def make(*mirrors: str, broken: Broken | None = None) -> Vpc:
            name = secrets.token_hex(4)
            vpc = Vpc(folder / name, name, mirrors, {broken} if broken else ())
            stack.callback(lambda: absent(name))
            stack.callback(vpc.stop)
            vpc.start(cloud.endpoint)
            return vpc

        yield make


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """A function that creates networks; each of them must leave nothing."""
    with networks(tmp_path_factory.mktemp("vpc")) as made:
        yield made


def attached(vpc: Vpc, instance: Launch) -> Guest:
    """Return a configured instance on `vpc`."""
    guest = Guest(vpc.attach(instance))
    guest.configure()
    return guest


def absent(name: str) -> None:
    """Fail unless every namespace and process of the network `name` is gone."""
    assert not list(Path("/run/netns").glob(f"porter-{name}*"))
    eventually(lambda: not processes(name))


def processes(name: str) -> list[str]:
    """Return the command lines that mention the network `name`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if name in line:
            found.append(line)
    return found


def eventually(true: Callable[[], object], seconds: float = 5) -> None:
    """Wait until `true()` holds: so many seconds, and more on a slow machine."""
    assert until(true, seconds), "it never came true"
