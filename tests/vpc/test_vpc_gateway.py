"""The way out of the network: AWS by its names, mirrors, and nothing else."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from porter.rehearsal.vpc import Vpc
from porter.rehearsal.vpc.namespace import connect
from tests.harness.conditions import makes_networks

from .conftest import Guest, Make, attached, launch

pytestmark = makes_networks

NAMELESS = f"127.77.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
"""A mirror on this machine, on an address of loopback that nobody else uses."""


@pytest.fixture(scope="module")
def vpc(make: Make) -> Vpc:
    return make("mirror.invalid", NAMELESS)


@pytest.fixture(scope="module")
def guest(vpc: Vpc) -> Guest:
    return attached(vpc, launch("i-1"))


@pytest.fixture
def mirror(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """The mirror's listener."""
    with socket.create_server((NAMELESS, request.param)) as listener:
        listener.settimeout(5)
        yield listener


def encrypted(vpc: Vpc, guest: Guest, name: str) -> ssl.SSLSocket:
    """A connection to `name` that trusts the network's authority alone."""
    trusting = ssl.create_default_context(cafile=str(vpc.certificate))
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    plain = connect(guest.interface.namespace, ("10.77.0.1", 443), 5)
    return trusting.wrap_socket(plain, server_hostname=name)


def asked(vpc: Vpc, guest: Guest, name: str, path: str) -> dict[str, Any]:
    """What AWS was asked, when `path` at `name` is."""
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


def test_a_bucket_with_a_dot_in_its_name_is_not_vouched_for(vpc: Vpc, guest: Guest) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        encrypted(vpc, guest, "my.bucket.s3.eu-west-1.amazonaws.com")


def test_plain_http_is_passed_on_as_such(guest: Guest) -> None:
    answer = guest.http("bucket.s3.eu-west-1.amazonaws.com", "/", X_Forwarded_Proto="https")
    headers = {key.lower(): value for key, value in json.loads(answer.body)["headers"].items()}
    assert headers["x-forwarded-proto"] == "http"


def test_requests_are_logged_without_their_queries(vpc: Vpc, guest: Guest) -> None:
    asked(vpc, guest, "logged.s3.amazonaws.com", "/key?X-Amz-Signature=secret")
    log = vpc.certificate.with_name("haproxy.log")
    deadline = time.monotonic() + 5
    while "logged" not in log.read_text():
        assert time.monotonic() < deadline
    assert "10.77.0.2 GET logged.s3.amazonaws.com/key 200" in log.read_text()
    assert "secret" not in log.read_text()


@pytest.mark.parametrize("mirror", [80], indirect=True)
def test_a_mirror_is_asked_by_its_name(guest: Guest, mirror: socket.socket) -> None:
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
def test_a_mirrors_tls_passes_untouched(guest: Guest, mirror: socket.socket) -> None:
    name = "m".ljust(len(NAMELESS), "m")
    hello = client_hello(name).replace(name.encode(), NAMELESS.encode())
    with connect(guest.interface.namespace, ("10.77.0.1", 443), 5) as asking:
        asking.sendall(hello)
        accepted, _ = mirror.accept()
        with accepted:
            assert accepted.recv(4096) == hello


@pytest.mark.parametrize("host", ["example.com", "amazonaws.com.example", "mirror.invalid"])
def test_there_is_no_way_to_anywhere_else(guest: Guest, host: str) -> None:
    assert guest.http(host, "/").status == 503


@pytest.mark.parametrize("sent", [b"nonsense\r\n\r\n", None])
def test_what_is_not_for_aws_or_a_mirror_is_hung_up_on(guest: Guest, sent: bytes | None) -> None:
    with connect(guest.interface.namespace, ("10.77.0.1", 443), 5) as asking:
        asking.sendall(sent or client_hello("example.com"))
        with suppress(ConnectionResetError):
            assert asking.recv(100) == b""


def test_what_is_outside_cannot_be_reached_by_address(guest: Guest) -> None:
    with pytest.raises(OSError, match=r"timed out|unreachable|No route"):
        connect(guest.interface.namespace, ("192.0.2.1", 80), 0.3)


def client_hello(name: str) -> bytes:
    """The first bytes of a TLS connection to `name`."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()
