"""An interruption is raised once, after a protected block, and never during the clean-up."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from porter.rehearsal.local.interruption import Interrupted, held_back, interruptible, orderly
from tests.harness.slowness import slowness


def test_an_interruption_waits_for_the_end_of_a_held_back_block() -> None:
    done = []

    def start() -> None:
        with held_back():
            signal.raise_signal(signal.SIGTERM)
            done.append("begun and noted")
        done.append("never")

    with pytest.raises(Interrupted) as raised, interruptible():
        start()
    assert done == ["begun and noted"]
    assert raised.value.exit_code == 143


def test_only_the_first_signal_counts() -> None:
    def hang_up_and_press_ctrl_c() -> None:
        try:
            signal.raise_signal(signal.SIGHUP)
        finally:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted) as raised, interruptible():
        hang_up_and_press_ctrl_c()
    assert raised.value.exit_code == 129


def test_an_interruption_does_not_disturb_the_clean_up() -> None:
    steps = []
    with interruptible(), orderly() as stack:
        stack.callback(lambda: steps.append("second"))
        stack.callback(lambda: (signal.raise_signal(signal.SIGINT), steps.append("first")))
    assert steps == ["first", "second"]


def test_an_ignored_signal_stays_ignored_as_under_nohup() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible(), held_back():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_signal_handlers_are_restored() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted), interruptible(), held_back():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_kept_program_and_its_children_end_with_standard_input() -> None:
    """The test runs `keeper.py` with a busy program that has a child."""
    program = "import subprocess; subprocess.Popen(['sleep', '600'])\nprint('up', flush=True)\n"
    keeper = [sys.executable, "-P", "-m", "porter.rehearsal.local.keeper"]
    process = subprocess.Popen(
        [*keeper, sys.executable, "-c", program + "while True: pass"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    began = time.monotonic()
    process.stdin.close()
    assert process.wait(30) == -signal.SIGKILL
    assert process.stdout.read() == b"", "read to the end: every process that held it is gone"
    assert time.monotonic() - began < 2 * slowness()


@pytest.mark.parametrize(("ending", "code"), [("sys.exit(7)", 7), ("os.kill(os.getpid(), 9)", 137)])
def test_the_keeper_exits_with_the_exit_code_of_its_program(ending: str, code: int) -> None:
    keeper = [sys.executable, "-P", "-m", "porter.rehearsal.local.keeper", sys.executable]
    with subprocess.Popen([*keeper, "-c", f"import os, sys; {ending}"], stdin=-1) as process:
        assert process.wait(30) == code
