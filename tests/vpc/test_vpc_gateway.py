"""The gateway forwards to AWS by its names and to mirrors, and refuses everything else."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from porter.rehearsal.machines.vpc import Vpc
from porter.rehearsal.machines.vpc.namespace import connect
from tests.harness.conditions import makes_networks

from .conftest import Guest, Make, attached, eventually, launch

pytestmark = makes_networks

NAMELESS = f"127.77.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
"""A mirror on this computer, with a loopback address of its own."""


@pytest.fixture(scope="module")
def vpc(make: Make) -> Vpc:
    return make("mirror.invalid", NAMELESS)


@pytest.fixture(scope="module")
def guest(vpc: Vpc) -> Guest:
    return attached(vpc, launch("i-1"))


@pytest.fixture
def mirror(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """The listening socket of the mirror."""
    with socket.create_server((NAMELESS, request.param)) as listener:
        listener.settimeout(5)
        yield listener


def encrypted(vpc: Vpc, guest: Guest, name: str) -> ssl.SSLSocket:
    """Connect to `name`, trusting only the network's authority."""
    trusting = ssl.create_default_context(cafile=str(vpc.certificate))
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    plain = connect(guest.interface.namespace, ("10.77.0.1", 443), 5)
    return trusting.wrap_socket(plain, server_hostname=name)


def asked(vpc: Vpc, guest: Guest, name: str, path: str) -> dict[str, Any]:
    """Return the request that AWS received for `path` at `name`."""
    connection = http.client.HTTPSConnection(name)
    connection.sock = encrypted(vpc, guest, name)
    connection.request("GET", path)
    content: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return content


@pytest.mark.parametrize(
    "name",
    [
        "iam.amazonaws.com",
        "sts.eu-west-1.amazonaws.com",
        "bucket.s3.amazonaws.com",
        "bucket.s3.ap-southeast-3.amazonaws.com",
        "123456789012.dkr.ecr.us-east-1.amazonaws.com",
        "api.ecr.us-east-1.amazonaws.com",
    ],
)
def test_aws_answers_over_tls_by_its_own_names(vpc: Vpc, guest: Guest, name: str) -> None:
    received = asked(vpc, guest, name, "/a%2Fb?c=%3A")
    headers = {key.lower(): value for key, value in received["headers"].items()}
    assert received["path"] == "/a%2Fb?c=%3A"
    assert headers["host"] == name
    assert headers["x-forwarded-proto"] == "https"


def test_a_bucket_with_a_dot_in_its_name_has_no_certificate(vpc: Vpc, guest: Guest) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        encrypted(vpc, guest, "my.bucket.s3.eu-west-1.amazonaws.com")


def test_plain_http_is_forwarded_as_plain_http(guest: Guest) -> None:
    answer = guest.http("bucket.s3.eu-west-1.amazonaws.com", "/", X_Forwarded_Proto="https")
    headers = {key.lower(): value for key, value in json.loads(answer.body)["headers"].items()}
    assert headers["x-forwarded-proto"] == "http"


def test_requests_are_logged_without_their_queries(vpc: Vpc, guest: Guest) -> None:
    asked(vpc, guest, "logged.s3.amazonaws.com", "/key?X-Amz-Signature=secret")
    log = vpc.certificate.with_name("haproxy.log")
    eventually(lambda: "logged" in log.read_text())
    assert "10.77.0.2 GET logged.s3.amazonaws.com/key 200" in log.read_text()
    assert "secret" not in log.read_text()


@pytest.mark.parametrize("mirror", [80], indirect=True)
def test_a_request_to_a_mirror_reaches_the_mirror(guest: Guest, mirror: socket.socket) -> None:
    connection = http.client.HTTPConnection(NAMELESS)
    connection.sock = connect(guest.interface.namespace, ("10.77.0.1", 80), 5)
    connection.request("GET", "/debian/InRelease")
    accepted, _ = mirror.accept()
    with accepted:
        request = accepted.recv(4096).decode().lower()
        accepted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        assert connection.getresponse().read() == b"ok"
    connection.close()
    assert request.startswith("get /debian/inrelease http/1.1\r\n")
    assert f"\r\nhost: {NAMELESS}\r\n" in request


@pytest.mark.parametrize("mirror", [443], indirect=True)
def test_tls_to_a_mirror_is_forwarded_undecrypted(guest: Guest, mirror: socket.socket) -> None:
    name = "m".ljust(len(NAMELESS), "m")
    hello = client_hello(name).replace(name.encode(), NAMELESS.encode())
    with connect(guest.interface.namespace, ("10.77.0.1", 443), 5) as asking:
        asking.sendall(hello)
        accepted, _ = mirror.accept()
        with accepted:
            assert accepted.recv(4096) == hello


@pytest.mark.parametrize("host", ["example.com", "amazonaws.com.example", "mirror.invalid"])
def test_requests_to_other_hosts_are_rejected(guest: Guest, host: str) -> None:
    assert guest.http(host, "/").status == 503


@pytest.mark.parametrize("sent", [b"nonsense\r\n\r\n", None])
def test_other_connections_to_the_tls_port_are_closed(guest: Guest, sent: bytes | None) -> None:
    with connect(guest.interface.namespace, ("10.77.0.1", 443), 5) as asking:
        asking.sendall(sent or client_hello("example.com"))
        with suppress(ConnectionResetError):
            assert asking.recv(100) == b""


def test_addresses_outside_the_network_are_unreachable(guest: Guest) -> None:
    with pytest.raises(OSError, match=r"timed out|unreachable|No route"):
        connect(guest.interface.namespace, ("192.0.2.1", 80), 0.3)


def client_hello(name: str) -> bytes:
    """Return the first bytes of a TLS connection to `name`."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()
