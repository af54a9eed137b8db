"""Every way to ask a rehearsal to end, in the middle of it: the exit code, and nothing left."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.sandbox import Sandbox, a_sandbox
from tests.robustness.stubborn import STUBBORN


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """One for each test."""
    with a_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def app(sandbox: Sandbox) -> Path:
    """The template, with a service that is hard to end."""
    return sandbox.app(service__main=STUBBORN)


def _over(process: subprocess.Popen[str], phase: str) -> None:
    """Wait until `phase` is over."""
    assert process.stderr is not None
    assert any(line.startswith(phase) for line in process.stderr), f"ended before {phase}"


def test_an_impatient_user_presses_ctrl_c_again_and_again(sandbox: Sandbox, app: Path) -> None:
    process = sandbox.start(app)
    _over(process, "deploy")

    def press() -> None:
        for _ in range(5):
            process.send_signal(signal.SIGINT)
            time.sleep(0.1)

    ended = sandbox.end(process, press)
    assert ended.code == 130
    assert ended.left.nothing, ended.left
    assert "Traceback" not in ended.err


def test_a_second_signal_of_another_kind_changes_nothing(sandbox: Sandbox, app: Path) -> None:
    process = sandbox.start(app)
    _over(process, "synth")

    def ask() -> None:
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)

    ended = sandbox.end(process, ask)
    assert ended.code in (130, 143)  # the kernel delivers two pending signals in its own order
    assert ended.left.nothing, ended.left


def test_sighup_ends_it_with_129(sandbox: Sandbox, app: Path) -> None:
    process = sandbox.start(app)
    _over(process, "prepare")
    ended = sandbox.end(process, lambda: process.send_signal(signal.SIGHUP))
    assert ended.code == 129
    assert ended.left.nothing, ended.left


def test_when_its_terminal_closes_nothing_is_left(sandbox: Sandbox, app: Path) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(app)
        os.environ["TMPDIR"] = str(sandbox.temporary)
        os.execv(sys.executable, [sys.executable, "-m", "porter", "rehearse"])  # noqa: S606
    said = b""
    while b"deploy ..." not in said:
        said += os.read(terminal, 4096)
    sockets = sandbox.sockets()
    assert sockets
    os.close(terminal)
    os.waitpid(pid, 0)
    assert sandbox.processes() == {}
    assert sandbox.files() == []
