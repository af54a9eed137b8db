"""However a rehearsal is ended, nothing of it goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import time

from tests.rehearsal.playground import Ended, Playground


def _start_until(phase: str, playground: Playground) -> subprocess.Popen[str]:
    """A rehearsal of the template in which `phase` is over."""
    process = playground.start(playground.app(f"ended-after-{phase}"))
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(phase):
            break
    return process


def _end_after(phase: str, playground: Playground, number: int) -> Ended:
    """Start it, and send the signal `number` when `phase` is over."""
    began = time.monotonic()
    process = _start_until(phase, playground)
    process.send_signal(number)
    return playground.end(process, began)


def test_sigterm_during_synthesis_takes_everything_down(playground: Playground) -> None:
    ended = _end_after("prepare", playground, signal.SIGTERM)
    assert ended.code == 143
    assert "interrupted" in ended.err
    assert ended.processes == []
    assert ended.files == []


def test_if_the_embedded_aws_dies_so_does_the_deployment(playground: Playground) -> None:
    process = _start_until("synth", playground)
    [emulator] = [
        number
        for number, command in playground.by_id().items()
        if "porter.rehearsal.cloud.emulator" in command
    ]
    os.kill(emulator, signal.SIGKILL)
    ended = playground.end(process, time.monotonic())
    assert ended.code == 1
    assert ended.seconds < 15
    assert "the embedded AWS died" in ended.out
    assert ended.processes == []
    assert ended.files == []


def test_after_sigkill_every_process_ends_by_itself(playground: Playground) -> None:
    # The last test: the folder of a killed rehearsal stays, and goes with the playground.
    _end_after("deploy", playground, signal.SIGKILL)
    end = time.monotonic() + 10
    while playground.processes() and time.monotonic() < end:
        time.sleep(0.1)
    assert playground.processes() == []
