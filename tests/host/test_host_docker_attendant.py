"""A container's attendant with a scripted Engine: its output and its exit."""

from __future__ import annotations

import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from porter.host.docker.attend import Attendant
from porter.host.docker.creation import LABEL, creation
from porter.host.docker.engine import Engine
from porter.host.docker.order import Order
from porter.host.docker.output import Output, passed_on
from porter.spec import ContainerWorkload, Image
from tests.host.unix_engine import EngineHandler, frame, playing

IMAGE = Image(source="registry", reference="work@sha256:1")
ORDER = Order(
    unit="porter-work.service",
    container=ContainerWorkload(name="work", image=IMAGE),
    environments=(),
    folder="/",
    region="",
)
LAST = b"2026-01-01T00:00:00.000000001Z the end\n"


FILES = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
RESTARTS_FOR = 2.0
"""The restarted container exits for good after these seconds."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An Engine whose container exits with 255, after a last line that arrives late.

    Docker restarts the container once, and then it stays up for a while.
    """
    listened: list[str] = []
    created: list[str] = []

    class Handler(EngineHandler):
        def get(self) -> None:
            if "/logs" in self.path:
                listened.append(self.path)
                if len(listened) == 2:
                    time.sleep(RESTARTS_FOR)
                self.stream([frame(LAST)] if listened[2:] else [])
            elif self.path.startswith("/containers/") and not created:
                self.refuse(404, "No such container: porter-work")
            else:
                again = len(listened) == 1
                state = {"Running": again, "Restarting": again, "ExitCode": 255, "OOMKilled": False}
                self.answer({"Id": "1", "Config": {}, "State": state, "RestartCount": 1})

        def post(self) -> None:
            body = self.body()
            created.append(self.path)
            self.answer({"Id": "1", "Warnings": []} if body else None)

    with playing(tmp_path, Handler) as engine:
        yield engine


def test_the_last_lines_of_a_container_are_printed(
    engine: Engine, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert Attendant(engine, ORDER, "").run() == 255
    said = capfdbinary.readouterr().out
    assert said == b"the end\nporter: the container ended with exit code 255, after 1 restart\n"


def test_while_docker_starts_a_container_again_its_unit_is_not_up(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise porterd would report a container that keeps exiting as healthy."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        Attendant(engine, ORDER, "").run()
        assert [systemd.recv(64) for _ in range(3)] == [b"READY=1", b"RELOADING=1", b"READY=1"]


@pytest.mark.parametrize("empty", [True, False])
def test_output_that_ends_at_once_is_asked_for_with_pauses(tmp_path: Path, empty: bool) -> None:  # noqa: FBT001 - a parameter
    """If Docker cannot read its own log, the attendant must not use a whole CPU."""
    listened: list[str] = []

    class Handler(EngineHandler):
        def get(self) -> None:
            if "/logs" in self.path:
                listened.append(self.path)
                if empty or len(listened) == 20:
                    self.stream([])
                self.close_connection = True
                return
            up = len(listened) < 20
            state = {"Running": up, "Restarting": False, "ExitCode": 0, "OOMKilled": False}
            config = {"Labels": {LABEL: creation(ORDER, {"Id": "1"}, {}, FILES)["Labels"][LABEL]}}
            self.answer({"Id": "1", "Config": config, "State": state, "RestartCount": 0})

    began = time.monotonic()
    with playing(tmp_path, Handler) as engine:
        assert Attendant(engine, ORDER, "").run() == 0
    assert time.monotonic() - began > 1.5


def test_the_next_attendant_prints_lines_that_the_last_one_missed(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The last attendant was killed after the first of two lines."""
    lines = [b"2026-01-01T00:00:00.00000000%d %s\n" % line for line in ((1, b"one"), (2, b"two"))]
    logs = [lines[:1], lines]

    class Handler(EngineHandler):
        def get(self) -> None:
            self.stream(frame(line) for line in logs.pop(0))

    note = tmp_path / "note"
    with playing(tmp_path, Handler) as engine:
        Output(engine, "work", passed_on(note), note).follow()
        Output(engine, "work", passed_on(note), note).follow()
    assert capfdbinary.readouterr().out == b"one\ntwo\n"


@pytest.mark.parametrize(
    ("code", "ends"),
    [
        (0, 0),
        (3, 3),
        (137, -signal.SIGKILL),
        (143, -signal.SIGTERM),
        (147, 147),  # SIGSTOP, which does not end a process
        (148, 148),  # SIGTSTP
        (160, 160),  # glibc reserves that signal
        (255, 255),
    ],
)
def test_an_attendant_ends_as_its_container_did(code: int, ends: int) -> None:
    program = f"from porter.host.docker.process import end_like; end_like({code})"
    done = subprocess.run([sys.executable, "-c", program], timeout=20, check=False)
    assert done.returncode == ends
