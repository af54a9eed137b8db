"""However a rehearsal is ended, nothing of it goes on."""

from __future__ import annotations

import os
import signal
import subprocess

from tests.harness.ended import Ended
from tests.harness.sandbox import Sandbox


def _start_until(phase: str, sandbox: Sandbox) -> subprocess.Popen[str]:
    """A rehearsal of the template in which `phase` is over."""
    process = sandbox.start(sandbox.app(f"ended-after-{phase}"))
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(phase):
            break
    return process


def _end_after(phase: str, sandbox: Sandbox, number: int) -> Ended:
    """Start it, and send the signal `number` when `phase` is over."""
    process = _start_until(phase, sandbox)
    return sandbox.end(process, lambda: process.send_signal(number))


def test_sigterm_during_synthesis_takes_everything_down(sandbox: Sandbox) -> None:
    ended = _end_after("prepare", sandbox, signal.SIGTERM)
    assert ended.code == 143
    assert "interrupted" in ended.err
    assert ended.left.nothing, ended.left


def test_if_the_embedded_aws_dies_so_does_the_deployment(sandbox: Sandbox) -> None:
    process = _start_until("synth", sandbox)
    [emulator] = [
        number
        for number, command in sandbox.processes().items()
        if "porter.rehearsal.emulator" in command
    ]
    ended = sandbox.end(process, lambda: os.kill(emulator, signal.SIGKILL))
    assert ended.code == 1
    assert ended.seconds < 15
    assert "the embedded AWS died" in ended.out
    assert ended.left.nothing, ended.left


def test_after_sigkill_every_process_ends_by_itself(sandbox: Sandbox) -> None:
    # The last test: the folder of a killed rehearsal stays, and goes with the sandbox.
    _end_after("deploy", sandbox, signal.SIGKILL)
    assert sandbox.gone_within(10), sandbox.processes()
