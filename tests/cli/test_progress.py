"""What `porter rehearse` shows while it runs: a clock, and the last health check."""

from __future__ import annotations

import io
import time

import pytest

from porter.cli.progress import ShownProgress
from porter.cli.terminal import rich

SEEN = "i-01: GET /health on port 20080: answered 500"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 40 columns."""
    monkeypatch.setenv("COLUMNS", "40")


def shown(text: str) -> list[str]:
    """Return what a terminal showed in its last line, one after the other."""
    return [line for line in text.replace("\n", "\r\x1b[K").split("\r\x1b[K") if line]


@pytest.mark.usefixtures("narrow")
def test_a_terminal_shows_a_clock_and_the_last_check_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = ShownProgress(live=True)
    progress.over("prepare", 0.5)
    for _ in range(12):
        progress.sees(SEEN)
        time.sleep(0.1)
    progress.finish()
    assert shown(capsys.readouterr().err)[:5] == [
        "prepare ...",
        "prepare    0.50 s  █",
        "synth ...",
        "synth ...   0 s  i-01: GET /health on p",
        "synth ...   1 s  i-01: GET /health on p",
    ]


def test_a_line_to_keep_stays_above_the_clock(capsys: pytest.CaptureFixture[str]) -> None:
    progress = ShownProgress(live=True)
    progress.says("a launch failed")
    progress.sees("")
    assert capsys.readouterr().err == (
        "\r\x1b[Kprepare ...\r\x1b[Ka launch failed\n\r\x1b[Kprepare ...   0 s"
    )


def test_a_log_gets_no_line_for_each_second(capsys: pytest.CaptureFixture[str]) -> None:
    progress = ShownProgress(live=False)
    for _ in range(3):
        progress.sees(SEEN)
    progress.over("prepare", 0.5)
    assert capsys.readouterr().err == "prepare    0.50 s\n"


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("variable", ["NO_COLOR", "CI"])
def test_terminals_alone_get_colours_and_a_moving_line(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    for name in ("NO_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert rich(Terminal())
    assert not rich(io.StringIO())
    monkeypatch.setenv(variable, "1")
    assert not rich(Terminal())
