"""The wait-handle client sends one signal within its deadline and never shows the URL."""

import logging
import time
import traceback
from collections.abc import Iterator

import pytest

from porter.aws.wait_handle import Outcome, Signal, SignalError, reason_text, send
from tests.daemon.loopback import HANDLE_PATH, SECRET, WaitHandle, running
from tests.harness.free_port import free_port
from tests.harness.slowness import slowness

SIGNAL = Signal("FAILURE", unique_id="i-1", reason="it\nbroke", data="hello")


@pytest.fixture
def handle() -> Iterator[WaitHandle]:
    """A wait handle that accepts."""
    server = WaitHandle()
    with running(server):
        yield server


def test_the_signal_arrives_as_cloudformation_wants_it(handle: WaitHandle) -> None:
    """The request has no Content-Type, an unchanged URL, and a reason of one line."""
    assert send(handle.url, SIGNAL) is Outcome.ACCEPTED
    (put,) = handle.puts
    assert put.target == HANDLE_PATH
    assert set(put.headers) == {"Host", "Content-Length"}
    assert put.body == (
        b'{"Status": "FAILURE", "UniqueId": "i-1", "Reason": "it | broke", "Data": "hello"}'
    )


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_handle_that_nobody_watches_is_no_fault(handle: WaitHandle, status: int) -> None:
    """An expired or deleted handle is reported once; the client does not retry."""
    handle.script = [status]
    assert send(handle.url, SIGNAL) is Outcome.FINISHED
    assert len(handle.puts) == 1


def test_troubles_are_tried_again(handle: WaitHandle) -> None:
    """The client retries until the handle accepts one PUT."""
    handle.script = [400, "reset", 503, 200]
    assert send(handle.url, SIGNAL) is Outcome.ACCEPTED
    assert len(handle.puts) == 4


@pytest.mark.timing
@pytest.mark.parametrize(
    ("script", "problem"),
    [([500] * 99, "answered 500"), ([9.0] * 9, "timed out")],
    ids=["errors", "silence"],
)
def test_the_deadline_holds(
    handle: WaitHandle, script: list[int | float | str], problem: str
) -> None:
    """The deadline holds whether the handle sends errors or nothing."""
    handle.script = script
    factor = slowness()
    started = time.monotonic()
    with pytest.raises(SignalError) as error:
        send(handle.url, SIGNAL, deadline_seconds=0.8)
    assert str(error.value) == (
        f"wait handle: did not take the signal within 0.8 s: {problem} "
        "(does the network let this host reach S3?)"
    )
    assert time.monotonic() - started < 1.2 * factor
    handle.script = []


def test_the_url_is_in_no_message_and_no_log(
    handle: WaitHandle, caplog: pytest.LogCaptureFixture
) -> None:
    """The traceback does not contain the URL either."""
    caplog.set_level(logging.DEBUG)
    dead = f"http://127.0.0.1:{free_port()}{HANDLE_PATH}"
    handle.script = [500] * 99
    for url in (dead, handle.url, dead.replace("http", "gopher"), dead + "\xff", dead + " \n"):
        with pytest.raises(SignalError) as caught:
            send(url, SIGNAL, deadline_seconds=0.4)
        shown = "".join(traceback.format_exception(caught.value)) + caplog.text
        assert SECRET not in shown
        assert "127.0.0.1" not in shown


@pytest.mark.parametrize(
    "url",
    ["", "http://", "https:///path", "ftp://host/", "http://host:0/", "http://[", "http://h:x"],
)
def test_a_url_that_leads_nowhere_is_refused_at_once(url: str) -> None:
    with pytest.raises(SignalError) as error:
        send(url, SIGNAL)
    assert str(error.value) == "handle_url: is not the URL of a wait handle"


def test_a_signal_too_large_is_refused_before_it_is_sent(handle: WaitHandle) -> None:
    """CloudFormation accepts 4 KB."""
    with pytest.raises(SignalError, match=r"^signal: is \d+ bytes, more than 4096$"):
        send(handle.url, Signal("SUCCESS", "i-1", "", data="x" * 5000))
    assert handle.puts == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("  one  line \n", "one line"),
        ("first\n\n  second\r\nthird\x1b[0m\t!", "first | second | third !"),
        ("web ended:\n\x1b[1;31mRed\x1b[m\nend\x1b]0;title\x07\x1b(B", "web ended: Red | end"),
        ("naïve 日本 👩\u200d🚀 \u202eevil\x00", "naïve 日本 👩\u200d🚀 evil"),
        ("first\n" + "日" * 400, "first | " + "日" * 337 + "..."),
        ("first\n" + "x" * 1010 + "\nlast", "first | " + "x" * 335 + "... | ... | last"),
        ("first\n" + "middle\n" * 200 + "last", "first | middle (200 times) | last"),
        (
            "first\n" + "".join(f"{number:03}\n" for number in range(400)),
            "first | "
            + "".join(f"{number:03} | " for number in range(56))
            + "... | "
            + " | ".join(f"{number:03}" for number in range(288, 400)),
        ),
        ("x" * 2000, "x" * 1021 + "..."),
        ("ä" * 600, "ä" * 510 + "..."),
    ],
    ids=[
        "empty",
        "trimmed",
        "joined",
        "introduced",
        "unicode",
        "one long line",
        "last line fits",
        "repeated",
        "head and tail",
        "cut",
        "bytes count",
    ],
)
def test_a_reason_is_one_line_of_at_most_a_kilobyte(text: str, line: str) -> None:
    """The first line stays, and head and tail of the others."""
    assert reason_text(text) == line
    assert reason_text(line) == line
    assert len(line.encode()) <= 1024
