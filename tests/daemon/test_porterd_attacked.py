"""Nobody silences porterd: every connection has deadlines, and every user a share."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.daemon.crowd import another_user, connect
from tests.daemon.loopback import Imds, ImdsHandler, Service, WaitHandle, running
from tests.daemon.porterd_process import PorterdProcess
from tests.harness.slowness import slowness

HALF = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
WHOLE = HALF + b"\r\n"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="another user needs root")


class _NoTags(ImdsHandler):
    """Keeps whoever asks for tags waiting, as an instance metadata service that hangs."""

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        if "tags" in self.path:
            time.sleep(30)
        super().do_GET()


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PorterdProcess]:
    """Porterd beside a healthy service; all tests attack the same one."""
    service, handle, imds = Service(), WaitHandle(), Imds()
    imds.RequestHandlerClass = _NoTags
    with running(service), running(handle), running(imds):
        root = tmp_path_factory.mktemp("porterd")
        porterd = PorterdProcess(root, handle_url=handle.url, imds_url=imds.url)
        porterd.watch_over(service.port)
        try:
            porterd.start()
            yield porterd
        finally:
            porterd.sweep()


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    """Closes the connections that a test opens."""
    with ExitStack() as stack:
        yield stack


def seconds_of_an_answer(porterd: PorterdProcess) -> float:
    """Return how long porterd takes to answer one request."""
    began = time.monotonic()
    assert porterd.get("/aws/region") == (200, "eu-west-1")
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("text", "count"),
    [(HALF, 8), (b"", 64), (b"POST /health HTTP/1.1\r\nContent-Length: 9\r\n\r\n", 64)],
    ids=["half heads", "silence", "missing bodies"],
)
def test_connections_that_wait_delay_nobody(
    serving: PorterdProcess, clients: ExitStack, text: bytes, count: int
) -> None:
    connect(serving, clients, *([text] * count))
    time.sleep(0.2)
    assert seconds_of_an_answer(serving) < 1 * slowness()


def test_clients_that_keep_their_connections_delay_nobody(
    serving: PorterdProcess, clients: ExitStack
) -> None:
    """They neither read their answers nor close."""
    connect(serving, clients, *([WHOLE] * 32))
    assert seconds_of_an_answer(serving) < 1 * slowness()


@pytest.mark.parametrize(
    "text",
    [HALF, b"POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\nhalf"],
    ids=["head", "body"],
)
def test_a_request_has_a_deadline_however_it_trickles(
    serving: PorterdProcess, clients: ExitStack, text: bytes
) -> None:
    (client,) = connect(serving, clients, text)
    began = time.monotonic()
    client.settimeout(0.5)
    answer = b""
    while not answer:
        try:
            client.sendall(b"X")
            answer = client.recv(4096)
        except TimeoutError:
            assert time.monotonic() - began < 20 * slowness()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.split(b"\r\n\r\n")[1]) == {"error": "Request Timeout"}


def test_silent_connections_are_closed(serving: PorterdProcess, clients: ExitStack) -> None:
    (client,) = connect(serving, clients, b"")
    assert client.recv(1) == b""


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000, 431),
        (b"POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"\r\n\r\n", 400),
        (b"\x16\x03\x01\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    ],
    ids=["long head", "long body", "chunked", "negative", "two lengths", "empty", "TLS", "space"],
)
def test_what_is_no_request_is_refused_in_json(
    serving: PorterdProcess, clients: ExitStack, text: bytes, status: int
) -> None:
    (client,) = connect(serving, clients, text)
    answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert json.loads(answer.split(b"\r\n\r\n")[1]).keys() == {"error"}
    assert serving.get("/health") == (200, {"status": "ok"})


def test_a_body_arrives_in_pieces(serving: PorterdProcess, clients: ExitStack) -> None:
    head = b"POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"
    (client,) = connect(serving, clients, head)
    for piece in (b"ab", b"cd"):
        time.sleep(0.05)
        client.sendall(piece)
    assert client.recv(4096).startswith(b"HTTP/1.1 405 ")


@needs_root
@pytest.mark.parametrize("text", [HALF.decode(), ""], ids=["half heads", "silence"])
def test_a_user_who_takes_every_place_leaves_one_for_the_others(
    serving: PorterdProcess, text: str
) -> None:
    """A program opens more connections than porterd has places; other users notice nothing."""
    with another_user(serving, 1500, text):
        taken = [seconds_of_an_answer(serving) for _ in range(20)]
    assert max(taken) < 1 * slowness()


@needs_root
def test_nobody_starves_the_credentials(serving: PorterdProcess) -> None:
    """Another user's requests wait for an instance metadata service that hangs."""
    request = "GET /aws/ec2/tags HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with another_user(serving, 200, request):
        began = time.monotonic()
        assert serving.get("/v1/credentials")[0] == 401, "no token was sent"
        assert time.monotonic() - began < 1 * slowness()
        assert seconds_of_an_answer(serving) < 1 * slowness(), "other users have threads, too"
