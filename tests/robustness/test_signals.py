"""Every signal that ends a rehearsal early: the exit code, and nothing left."""

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
from tests.harness.synthesis import synthesize_once
from tests.robustness.stubborn import STUBBORN


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox for each test."""
    with a_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def app(sandbox: Sandbox) -> Path:
    """The template's app, with a service that is hard to end."""
    return sandbox.app(service__main=STUBBORN)


@pytest.fixture
def ready(app: Path) -> Path:
    """The same app with a ready cloud assembly."""
    return synthesize_once(app)


def _over(process: subprocess.Popen[str], phase: str) -> None:
    """Wait until `phase` is over."""
    assert process.stderr is not None
    assert any(line.startswith(phase) for line in process.stderr), f"ended before {phase}"


def test_ctrl_c_again_and_again_exits_130_without_a_traceback(
    sandbox: Sandbox, ready: Path
) -> None:
    process = sandbox.start(ready)
    _over(process, "deploy")

    def press() -> None:
        for _ in range(5):
            process.send_signal(signal.SIGINT)
            time.sleep(0.1)

    ended = sandbox.end(process, press)
    assert ended.code == 130
    assert ended.left.nothing, ended.left
    assert "Traceback" not in ended.err


@pytest.mark.machines
def test_a_second_signal_of_another_kind_changes_nothing(sandbox: Sandbox, ready: Path) -> None:
    process = sandbox.start(ready)
    _over(process, "synth")

    def ask() -> None:
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)

    ended = sandbox.end(process, ask)
    assert ended.code in (130, 143)  # the kernel delivers two pending signals in its own order
    assert ended.left.nothing, ended.left


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGTERM, 143, id="SIGTERM", marks=pytest.mark.machines),
        pytest.param(signal.SIGHUP, 129, id="SIGHUP", marks=pytest.mark.machines),
    ],
)
def test_a_signal_during_synthesis_takes_everything_down(
    sandbox: Sandbox, app: Path, number: signal.Signals, code: int
) -> None:
    process = sandbox.start(app)
    _over(process, "prepare")
    ended = sandbox.end(process, lambda: process.send_signal(number))
    assert ended.code == code
    assert "interrupted" in ended.err
    assert ended.left.nothing, ended.left


@pytest.mark.machines
def test_when_its_terminal_closes_nothing_is_left(sandbox: Sandbox, ready: Path) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ready)
        os.environ["TMPDIR"] = str(sandbox.temporary)
        os.execv(sys.executable, [sys.executable, "-m", "porter", "rehearse"])  # noqa: S606
    said = b""
    while b"deploy ..." not in said:
        try:
            said += os.read(terminal, 4096)
        except OSError:  # EIO: the process has closed its side
            pytest.fail(f"ended before deploy: {said.decode()}")
    assert sandbox.sockets()
    os.close(terminal)
    os.waitpid(pid, 0)
    assert sandbox.processes() == {}
    assert sandbox.files() == []


@pytest.mark.machines
def test_after_sigkill_every_process_ends(sandbox: Sandbox, ready: Path) -> None:
    process = sandbox.start(ready)
    _over(process, "deploy")
    process.kill()
    assert sandbox.gone_within(10), sandbox.processes()
