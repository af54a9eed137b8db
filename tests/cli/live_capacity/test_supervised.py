"""`porter deploy` runs cdk as a child, and the terminal, signals and exit code stay cdk's."""

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

from tests.harness.slowness import slowness

COMMAND = [sys.executable, "-m", "porter", "deploy", "--app", "cdk.out"]
CDK = """\
#!{python}
import os, signal, sys, time
if sys.argv[1] == "--version":
    sys.exit(print("v22.0.0"))
counted = []
for name in ("SIGINT", "SIGTERM", "SIGHUP"):
    signal.signal(getattr(signal, name), lambda number, _: counted.append(number))
foreground = os.tcgetpgrp(0) == os.getpgrp() if os.isatty(0) else None
print("terminal:", [os.isatty(fd) for fd in (0, 1, 2)], foreground, flush=True)
print("answer:", input("Deploy (y/n)? ") if os.isatty(0) else "", flush=True)
deadline = time.monotonic() + 30
while not counted and time.monotonic() < deadline:
    time.sleep(0.01)
time.sleep(0.5)
print("counted:", counted, flush=True)
sys.exit(5)
"""
"""A cdk that prompts, waits for a signal, and half a second for another one."""


@pytest.fixture
def environment(fake_node: Path, cloud: dict[str, str]) -> dict[str, str]:
    """The variables of a user whose node is `CDK`."""
    program = fake_node.parent / "node"
    program.write_text(CDK.format(python=sys.executable))
    return {**os.environ, **cloud}


@pytest.fixture
def terminal(app: Path, environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """A pid and a terminal: `porter deploy` as the foreground job of a shell."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.chdir(app)
        os.execve(sys.executable, COMMAND, environment)  # noqa: S606
    yield pid, descriptor
    os.close(descriptor)


def read(descriptor: int, until: bytes) -> bytes:
    """Raises AssertionError with what was read if the program ends before `until`."""
    said = b""
    while until not in said:
        try:
            said += os.read(descriptor, 4096)
        except OSError:  # EIO: the program has closed the terminal
            raise AssertionError(f"it ended after {said!r}") from None
    return said


def test_cdk_has_the_terminal_and_gets_ctrl_c_once(terminal: tuple[int, int]) -> None:
    """A shell's terminal sends Ctrl-C to porter and cdk, which are one job."""
    pid, descriptor = terminal
    assert b"terminal: [True, True, True] True" in read(descriptor, b"(y/n)? ")
    os.write(descriptor, b"yes\n")
    read(descriptor, b"answer: yes")
    os.write(descriptor, b"\x03")
    assert b"counted: [2]\r\n" in read(descriptor, b"]\r\n")
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_porter_reaches_cdk(
    app: Path, environment: dict[str, str], number: signal.Signals
) -> None:
    """CI ends a job in this way; porter waits for cdk's own exit code."""
    process = subprocess.Popen(
        COMMAND,
        cwd=app,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "terminal: [False, False, False] None\n"
    assert process.stdout.readline() == "answer: \n"
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert (out, process.returncode) == (f"counted: [{number.value}]\n", 5)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_killed_cdk_is_reported_as_by_a_shell(
    app: Path, environment: dict[str, str], fake_node: Path, number: signal.Signals
) -> None:
    (fake_node.parent / "node").write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && {{ echo v22.0.0; exit; }}\nkill -{number.value} $$\n'
    )
    began = time.monotonic()
    done = subprocess.run(COMMAND, cwd=app, env=environment, check=False, timeout=60)
    assert done.returncode == 128 + number
    assert time.monotonic() - began < 15 * slowness()


def test_what_was_ignored_before_stays_ignored(app: Path, environment: dict[str, str]) -> None:
    """`nohup porter deploy` goes on when its terminal closes."""
    program = (
        "import signal, sys; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN);"
        "print(signal.pthread_sigmask(signal.SIG_BLOCK, ()))"
    )
    node = Path(environment["PATH"].split(os.pathsep)[0]) / "node"
    node.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && {{ echo v22.0.0; exit; }}\n'
        f"exec {sys.executable} -c '{program}'\n"
    )
    done = subprocess.run(
        ["nohup", *COMMAND],
        cwd=app,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "True\nset()\n"
