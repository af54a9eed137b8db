"""No porterd stays up deaf: it ends with its threads, and systemd ends it if the gate hangs."""

import os
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from porter.daemon import watchdog
from porter.daemon.gate import WATCH_SECONDS
from porter.daemon.signaller import SEND_SECONDS
from porter.daemon.watch import _LOCK_SECONDS, _SLACK_SECONDS
from tests.daemon.loopback import Handler, Server, Service, running
from tests.daemon.porterd_process import QUICK, PorterdProcess
from tests.harness.slowness import slowness


class _NegativeChunk(Handler):
    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n")
        self.close_connection = True


@pytest.fixture
def notices() -> Iterator[socket.socket]:
    """The socket that systemd listens on; it names the sender of each notice."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0porter-test-{os.urandom(8).hex()}")
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        listener.settimeout(20 * slowness())
        yield listener


def _beat(notices: socket.socket) -> tuple[int, float]:
    """Wait for a beat; return its sender and for how many seconds it is good."""
    while True:
        text, [(_, _, credentials)], *_ = notices.recvmsg(4096, 1024)
        fields = dict(line.split("=", 1) for line in text.decode().splitlines())
        if fields.get("WATCHDOG") == "1":
            sender: int = struct.unpack("iii", credentials)[0]
            return sender, int(fields["WATCHDOG_USEC"]) / 1e6


def test_a_chunk_of_a_negative_size_is_a_failed_check(porterd: PorterdProcess) -> None:
    with running(server := Server(_NegativeChunk)):
        porterd.watch_over(server.port)
        porterd.start()
        porterd.until(lambda: porterd.service().get("last_check"), 30 * slowness())
        assert porterd.service()["gate"]["reason"].endswith("is not HTTP (BadChunkError)")
        assert porterd.get("/health") == (200, {"status": "ok"})


def test_porterd_ends_with_its_gate(porterd: PorterdProcess, service: Service) -> None:
    """Then systemd starts it again."""
    (porterd.folders["runtime"] / "gate.lock").mkdir()
    porterd.watch_over(service.port)
    assert porterd.spawn().wait(20 * slowness()) == 3
    assert "porterd ends: its thread gate failed" in porterd.log


@pytest.mark.parametrize("place", ["@porter@{0}", "/tmp/porter@{0}"])  # noqa: S108
def test_a_beat_reaches_systemd_wherever_it_listens(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """An address that begins with @ has no file; in a path, @ is an ordinary character."""
    address = place.format(os.urandom(8).hex())
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{address[1:]}" if address[0] == "@" else address)
        listener.settimeout(0)
        watchdog.beat(1.5)
        assert listener.recv(1024) == b"WATCHDOG_USEC=1500000\nWATCHDOG=1"
    Path(address).unlink(missing_ok=True)


def test_a_systemd_that_does_not_listen_is_logged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    watchdog.beat(1.5)
    assert "systemd's watchdog: No such file or directory" in caplog.text
    monkeypatch.delenv("NOTIFY_SOCKET")
    watchdog.beat(1.5)
    assert len(caplog.records) == 1


def test_each_step_of_the_gate_says_how_long_it_may_take(
    porterd: PorterdProcess, service: Service, notices: socket.socket
) -> None:
    """They wait for another porterd, check, signal, rest a moment, and rest after the verdict."""
    porterd.environment["NOTIFY_SOCKET"] = f"@{notices.getsockname()[1:].decode()}"
    porterd.watch_over(service.port, replace(QUICK, timeout_seconds=7))
    porterd.start()
    notices.settimeout(WATCH_SECONDS / 2 * slowness())
    steps = [_seconds(notices)]
    while WATCH_SECONDS not in steps and len(steps) < 20:
        steps.append(_seconds(notices))
    assert set(steps) == {_LOCK_SECONDS, 7, SEND_SECONDS, 0, WATCH_SECONDS}


def _seconds(notices: socket.socket) -> int:
    """Return the seconds that the next step of the gate may take, beside the slack."""
    return round(_beat(notices)[1] - _SLACK_SECONDS)


def test_only_a_gate_that_runs_feeds_the_watchdog(
    porterd: PorterdProcess, service: Service, notices: socket.socket
) -> None:
    """A record that cannot be opened, as on a dead disk, holds the gate up."""
    os.mkfifo(disk := porterd.journal.with_suffix(".new"))
    porterd.environment["NOTIFY_SOCKET"] = f"@{notices.getsockname()[1:].decode()}"
    porterd.watch_over(service.port)
    porterd.start()
    _beat(notices)
    time.sleep(1)
    notices.settimeout(0)
    with pytest.raises(BlockingIOError):
        _beat(notices)
    notices.settimeout(20 * slowness())
    with disk.open():
        sender, seconds = _beat(notices)
    assert sender == porterd.worker
    assert _SLACK_SECONDS < seconds < 120
