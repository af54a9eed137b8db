"""`porter host apply` of a newer payload whose program misbehaves on purpose."""

from __future__ import annotations

import signal
import stat
import time

import pytest

from tests.harness.slowness import slowness
from tests.harness.traces import until
from tests.hot.host import HotHost

RUNS_ON = """\
import os, socket, time
with socket.create_server(("127.0.0.1", int(os.environ["PORT"]))) as server:
    while True:
        client, _ = server.accept()
        try:
            client.recv(4096)
            client.sendall({head!r})
            for _ in range({times}):
                client.sendall(b"x")
                time.sleep(0.2)
            client.close()
        except OSError:
            pass
"""
"""A service that sends a head, and then so many bytes, one every 0.2 seconds."""
ENDLESS_HEAD = RUNS_ON.format(head=b"HTTP/1.1 200 OK\r\nX: ", times=10**9)
ENDLESS_BODY = RUNS_ON.format(head=b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", times=10**9)
NEGATIVE = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n"
NEGATIVE_CHUNK = RUNS_ON.format(head=NEGATIVE, times=1)


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        pytest.param(ENDLESS_HEAD, "within 1 s", id="endless-head"),
        pytest.param(ENDLESS_BODY, "within 1 s", id="endless-body"),
        pytest.param(NEGATIVE_CHUNK, "BadChunkError", id="negative-chunk"),
    ],
)
def test_a_program_that_answers_oddly_ends_the_hot_apply_in_time_and_the_old_one_serves(
    hot: HotHost, service: str, reason: str
) -> None:
    hot.release("2", service, timeout_seconds=4, health_check=hot.check(timeout_seconds=1))
    began = time.monotonic()
    done = hot.apply()
    assert done.returncode == 1
    assert "is not healthy after 4 s" in done.stderr
    assert reason in done.stderr
    assert time.monotonic() - began < 20 * slowness()
    assert_version_1_serves_alone(hot)


def test_a_newer_program_that_writes_where_it_may_not_is_told_where_it_may(hot: HotHost) -> None:
    hot.release("2", "import sys; sys.exit('OSError: [Errno 30] Read-only file system: a.db')")
    done = hot.apply()
    assert done.returncode == 1
    assert "does not stay up on port" in done.stderr
    assert "Read-only file system: a.db" in done.stderr
    assert "cure: it may write only to /tmp, $HOME and, with state=True, $STATE" in done.stderr
    assert_version_1_serves_alone(hot)


def test_ctrl_c_ends_the_newer_program_and_the_old_one_serves(hot: HotHost) -> None:
    hot.release("2", "import time; time.sleep(600)", timeout_seconds=300)
    with hot.applying() as apply:
        assert until(lambda: hot.units().get("porter-web_b.service") == "active", 60 * slowness())
        apply.send_signal(signal.SIGINT)
        assert apply.wait(60 * slowness()) != 0
    assert_version_1_serves_alone(hot)


def assert_version_1_serves_alone(hot: HotHost) -> None:
    assert hot.page() == "1"
    assert hot.servers() == ["web no check"]
    assert hot.units().get("porter-web_b.service") in (None, "inactive")


def test_only_root_can_hold_the_lock_of_an_apply(hot: HotHost) -> None:
    lock = hot.host.root / "run/porter/apply.lock"
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600
    lock.chmod(0o644)  # as an older porter made it
    hot.applied()
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600
