"""The embedded AWS is killed during a rehearsal."""

from __future__ import annotations

import os
import signal

import pytest

from tests.harness.sandbox import Sandbox, a_sandbox
from tests.harness.slowness import slowness
from tests.harness.synthesis import synthesize_once


def _kill_emulator(sandbox: Sandbox) -> None:
    [emulator] = [
        number
        for number, command in sandbox.processes().items()
        if "porter.rehearsal.cloud.emulator" in command
    ]
    os.kill(emulator, signal.SIGKILL)


@pytest.mark.parametrize(
    "phase",
    [
        pytest.param("prepare", marks=pytest.mark.machines),
        pytest.param("synth", marks=pytest.mark.machines),
        "deploy",
    ],
)
def test_the_rehearsal_says_so_within_10_s_and_leaves_nothing(phase: str) -> None:
    with a_sandbox() as sandbox:
        process = sandbox.start(synthesize_once(sandbox.app()))
        assert process.stderr is not None
        assert any(line.startswith(phase) for line in process.stderr)
        ended = sandbox.end(process, lambda: _kill_emulator(sandbox))
    assert ended.code == 1, ended
    assert ended.seconds < 10 * slowness()
    assert "the embedded AWS died" in ended.out
    assert ended.left.nothing, ended.left
