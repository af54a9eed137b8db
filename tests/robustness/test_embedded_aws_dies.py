"""The embedded AWS dies in the middle of a rehearsal."""

from __future__ import annotations

import os
import signal

import pytest

from tests.harness.sandbox import Sandbox, a_sandbox


def _kill_emulator(sandbox: Sandbox) -> None:
    [emulator] = [
        number
        for number, command in sandbox.processes().items()
        if "porter.rehearsal.emulator" in command
    ]
    os.kill(emulator, signal.SIGKILL)


@pytest.mark.parametrize("phase", ["prepare", "synth", "deploy"])
def test_it_is_told_within_10_s_and_nothing_is_left(phase: str) -> None:
    with a_sandbox() as sandbox:
        process = sandbox.start(sandbox.app())
        assert process.stderr is not None
        assert any(line.startswith(phase) for line in process.stderr)
        ended = sandbox.end(process, lambda: _kill_emulator(sandbox))
    assert ended.code == 1, ended
    assert ended.seconds < 10
    assert "the embedded AWS died" in ended.out
    assert ended.left.nothing, ended.left
