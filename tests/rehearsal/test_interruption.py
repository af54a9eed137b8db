"""However a rehearsal is ended, nothing of it goes on."""

from __future__ import annotations

import signal
import time

import pytest

from tests.rehearsal.playground import Ended, Playground


def _end_after(phase: str, playground: Playground, number: int) -> Ended:
    """Rehearse the template, and send the signal `number` when `phase` is over."""
    began = time.monotonic()
    process = playground.start(playground.app(f"app{number}"), "--stay")
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(phase):
            break
    process.send_signal(number)
    return playground.end(process, began)


@pytest.mark.parametrize(
    ("phase", "number", "code"),
    [
        pytest.param("prepare", signal.SIGTERM, 143, id="SIGTERM during synthesis"),
        pytest.param("complete", signal.SIGINT, 130, id="SIGINT while it stays up"),
    ],
)
def test_a_signal_takes_everything_down_and_says_so(
    playground: Playground, phase: str, number: int, code: int
) -> None:
    ended = _end_after(phase, playground, number)
    assert ended.code == code
    assert "interrupted" in ended.err
    assert ended.processes == []
    assert ended.files == []


def test_after_sigkill_every_process_ends_by_itself(playground: Playground) -> None:
    _end_after("deploy", playground, signal.SIGKILL)
    end = time.monotonic() + 10
    while playground.processes() and time.monotonic() < end:
        time.sleep(0.1)
    assert playground.processes() == []
