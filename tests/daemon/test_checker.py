"""A check reports each kind of problem, within its time-out."""

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from porter.aws.redaction import Redactor
from porter.daemon.checker import check
from porter.daemon.settings import Target
from porter.spec import HealthCheck
from tests.daemon.odd_answers import odd_answers
from tests.harness.effort import repeats
from tests.harness.free_port import free_port
from tests.harness.slowness import slowness

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@contextmanager
def peer(*pieces: bytes, pause: float = 0.0) -> Iterator[tuple[int, list[bytes]]]:
    """Run a peer that sends `pieces`, `pause` seconds apart; yield its port and its input."""
    got: list[bytes] = []
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            connection, _ = listener.accept()
            with connection:
                got.append(connection.recv(65_536))
                for piece in pieces:
                    if done.wait(pause):
                        return
                    try:
                        connection.sendall(piece)
                    except OSError:
                        return

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            yield listener.getsockname()[1], got
        finally:
            done.set()
            thread.join(5)


@contextmanager
def serving(answers: Iterator[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Answer each connection with the next of `answers`; yield the port and what was sent.

    Once all are sent, nothing listens.
    """
    sent: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            with listener:
                for answer in answers:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        sent.append(answer)
                        connection.recv(65_536)
                        connection.sendall(answer)

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield listener.getsockname()[1], sent
    thread.join(5)


def target(port: int) -> Target:
    """Return the target of the service at `port`."""
    return Target(service="hello", port=port, health_check=HealthCheck("/ready?deep=1"))


@pytest.mark.parametrize(
    ("answer", "status", "problem"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, ""),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, ""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, "answered 204; only 200 counts"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
            302,
            "answered 302, a redirect to /login; only 200 counts",
        ),
        (
            (
                b"HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\nContent-Length: 16\r\n\r\n"
                b"no\n  database \n\n"
            ),
            500,
            "answered 500: no database",
        ),
        (
            b'HTTP/1.1 500 Oops\r\nContent-Type: application/json\r\n\r\n{"error": "full"}',
            500,
            'answered 500: {"error": "full"}',
        ),
        (
            b"HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p/>",
            500,
            "answered 500; only 200 counts",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf",
            200,
            "answered 200, but the body ended early",
        ),
        (b"", None, "closed the connection without an answer"),
        (b"SSH-2.0-OpenSSH\r\n", None, "the answer is not HTTP (BadStatusLine)"),
        (CHUNKED + b"-5\r\nhello\r\n", None, "the answer is not HTTP (BadChunkError)"),
    ],
)
def test_an_answer_is_judged(answer: bytes, status: int | None, problem: str) -> None:
    """Only a complete 200 is a success."""
    with peer(answer) as (port, _):
        seen = check(target(port), 2, Redactor())
    assert (seen.ok, seen.status, seen.problem) == (not problem, status, problem)


def test_the_request_is_plain() -> None:
    """The check is one GET on a connection of its own, with a Host that frameworks accept."""
    with peer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (port, got):
        check(target(port), 2, Redactor())
    assert got == [
        (
            b"GET /ready?deep=1 HTTP/1.1\r\nAccept-Encoding: identity\r\nHost: localhost\r\n"
            b"User-Agent: ELB-HealthChecker/2.0\r\nConnection: close\r\n\r\n"
        )
    ]


@pytest.mark.timing
@pytest.mark.parametrize(
    "pieces",
    [
        [b"", b"HTTP/1.1 200 OK\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\n", *[b"X-Slow: 1\r\n"] * 20],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n", *[b"."] * 20],
    ],
    ids=["silent", "slow headers", "slow body"],
)
def test_the_time_out_is_for_the_whole_check(pieces: list[bytes]) -> None:
    """A peer that sends a few bytes now and then does not prolong the check."""
    factor = slowness()
    started = time.monotonic()
    with peer(*pieces, pause=0.25) as (port, _):
        seen = check(target(port), 0.4, Redactor())
        took = time.monotonic() - started
    assert seen.problem == "hangs, no answer within 0.4 s"
    assert took < 0.8 * factor
    assert seen.seconds == pytest.approx(took, abs=0.2 * factor)


@pytest.mark.parametrize("start", [b"500 Oops\r\nContent-Type: text/plain", b"302 Found"])
def test_a_quote_is_not_cut_through_a_secret(start: bytes) -> None:
    words = b"x" * 190 + b" s3cret-of-the-database"
    head = b"HTTP/1.1 " + start + b"\r\nLocation: " + words + b"\r\nContent-Length: 213\r\n\r\n"
    with peer(head + words) as (port, _):
        seen = check(target(port), 2, Redactor(["s3cret-of-the-database"]))
    assert "xxx" in seen.problem
    assert "s3cret" not in seen.problem


def test_nobody_listens() -> None:
    """HAProxy is down, so there is neither an answer nor a status."""
    port = free_port()
    seen = check(target(port), 1, Redactor())
    assert seen.problem == f"connection refused: nothing listens on port {port}"


def test_an_endless_body_is_not_read_to_its_end() -> None:
    """The check reads at most 64 KB."""
    flood = [b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65_536] * 200]
    with peer(*flood) as (port, _):
        assert check(target(port), 2, Redactor()).ok
    flood[0] = b"HTTP/1.1 200 OK\r\nContent-Length: 13107200\r\n\r\n"
    with peer(*flood) as (port, _):
        assert check(target(port), 2, Redactor()).ok


def test_a_chunk_without_an_end_does_not_fill_the_memory() -> None:
    """Python reads a chunk of -1 bytes until the peer stops."""
    with peer(CHUNKED + b"-1\r\n", *[b"x" * 65_536] * 200) as (port, _):
        seen = check(target(port), 5 * slowness(), Redactor())
    assert seen.problem == "the answer is not HTTP (AnswerTooLongError)"


def test_every_odd_answer_gets_a_verdict(seed: int) -> None:
    """Some answers look like HAProxy's own, so the checker asks once more."""
    timeout = 5 * slowness()
    with serving(odd_answers(seed, repeats(ci=2000, all=20_000))) as (port, sent):
        behind = replace(target(port), workload="web", workload_port=port)
        while True:
            before = len(sent)
            try:
                seen = check(behind, timeout, Redactor())
            except Exception as error:  # noqa: BLE001 - any other would end porterd's gate
                pytest.fail(f"{error!r} after {sent[before:]}")
            if not sent[before:]:
                break
            assert "hangs" not in seen.problem, sent[before:]
            assert seen.ok is (not seen.problem)


def test_haproxy_is_down() -> None:
    port = free_port()
    behind = replace(target(port), workload="web", workload_port=free_port())
    seen = check(behind, 1, Redactor())
    assert seen.problem == f"connection refused: HAProxy does not listen on port {port}"


def test_haproxys_own_503_and_504_are_told_in_words() -> None:
    """HAProxy makes pages of its own for 502, 503 and 504 (configuration manual, 1.3.1)."""
    head = "HTTP/1.1 {0} No\r\nContent-Type: text/plain\r\n\r\n<html><body><h1>{0} No</h1>"
    for status, problem in (
        (503, "HAProxy did not reach web on {place}, which listens now"),
        (504, "hangs, HAProxy waited for an answer in vain"),
        (505, "answered 505: <html><body><h1>505 No</h1>"),
    ):
        with peer(head.format(status).encode()) as (port, _):
            behind = replace(target(port), workload="web", workload_port=port)
            expected = problem.format(place=f"127.0.0.1:{port}")
            assert check(behind, 2, Redactor()).problem == expected


def test_a_port_that_does_not_speak_tls_is_told() -> None:
    with peer(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (port, _):
        seen = check(replace(target(port), tls=True), 2, Redactor())
    assert seen.problem == "TLS failed: WRONG_VERSION_NUMBER"


def test_any_other_error_is_told_in_the_systems_words() -> None:
    """Here, porterd has no file descriptor left."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        seen = check(target(1), 1, Redactor())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (seen.ok, seen.problem) == (False, "Too many open files")
