"""Every way to ask a rehearsal to end, in the middle of it: the exit code, and nothing left."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.robustness.remains import STUBBORN, Scene, scene


@pytest.fixture
def one() -> Iterator[Scene]:
    """A scene."""
    with scene(STUBBORN) as made:
        yield made


def _over(process: subprocess.Popen[str], phase: str) -> None:
    """Wait until `phase` is over."""
    assert process.stderr is not None
    assert any(line.startswith(phase) for line in process.stderr), f"ended before {phase}"


def test_an_impatient_user_presses_ctrl_c_again_and_again(one: Scene) -> None:
    process = one.start()
    _over(process, "deploy")

    def press() -> None:
        for _ in range(5):
            process.send_signal(signal.SIGINT)
            time.sleep(0.1)

    remains = one.end(process, press)
    assert remains.code == 130
    assert remains.nothing, remains
    assert "Traceback" not in remains.err


def test_a_second_signal_of_another_kind_changes_nothing(one: Scene) -> None:
    process = one.start()
    _over(process, "synth")

    def ask() -> None:
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)

    remains = one.end(process, ask)
    assert remains.code in (130, 143)  # the kernel delivers two pending signals in its own order
    assert remains.nothing, remains


def test_sighup_ends_it_with_129(one: Scene) -> None:
    process = one.start()
    _over(process, "prepare")
    remains = one.end(process, lambda: process.send_signal(signal.SIGHUP))
    assert remains.code == 129
    assert remains.nothing, remains


def test_when_its_terminal_closes_nothing_is_left(one: Scene) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(one.app)
        os.environ["TMPDIR"] = str(one.playground.temporary)
        os.execv(sys.executable, [sys.executable, "-m", "porter", "rehearse"])  # noqa: S606
    said = b""
    while b"deploy ..." not in said:
        said += os.read(terminal, 4096)
    sockets = one.sockets()
    assert sockets
    os.close(terminal)
    os.waitpid(pid, 0)
    assert one.playground.processes() == []
    assert one.files() == []
