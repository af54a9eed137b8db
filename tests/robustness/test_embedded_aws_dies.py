"""The embedded AWS dies in the middle of a rehearsal."""

from __future__ import annotations

import os
import signal

import pytest

from tests.robustness.remains import Scene, scene


def _kill_emulator(one: Scene) -> None:
    [emulator] = [
        number
        for number, command in one.playground.by_id().items()
        if "porter.rehearsal.cloud.emulator" in command
    ]
    os.kill(emulator, signal.SIGKILL)


@pytest.mark.parametrize("phase", ["prepare", "synth", "deploy"])
def test_it_is_told_within_10_s_and_nothing_is_left(phase: str) -> None:
    with scene() as one:
        process = one.start()
        assert process.stderr is not None
        assert any(line.startswith(phase) for line in process.stderr)
        remains = one.end(process, lambda: _kill_emulator(one))
    assert remains.code == 1, remains
    assert remains.seconds < 10
    assert "the embedded AWS died" in remains.out
    assert remains.nothing, remains
