"""Errors of the command line, for people and for scripts."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TextIO

import click
import pytest

from porter.cli.failure import report
from porter.errors import PorterError

from .conftest import Run


def test_an_error_says_what_where_and_the_cure(capsys: pytest.CaptureFixture[str]) -> None:
    error = PorterError("the cat is out", where="kitchen", cure="call it")
    assert report(error, debug=False) == 1
    assert capsys.readouterr().err == (
        "porter: error: the cat is out\n  where: kitchen\n  cure: call it\n"
    )


def test_an_error_without_place_or_cure_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    report(PorterError("the cat is out"), debug=False)
    assert capsys.readouterr().err == "porter: error: the cat is out\n"


def test_a_bug_says_where_to_report_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(KeyError("cat"), debug=False) == 1
    text = capsys.readouterr().err
    assert "porter: bug: KeyError: 'cat'" in text
    assert "https://github.com/porter-cdk/porter/issues" in text
    assert "Traceback" not in text


def test_debug_shows_the_traceback_first(capsys: pytest.CaptureFixture[str]) -> None:
    report(KeyError("cat"), debug=True)
    assert capsys.readouterr().err.startswith("KeyError: 'cat'\nporter: bug:")


def test_an_interrupt_exits_130_and_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(click.Abort(), debug=False) == 130
    assert capsys.readouterr().err == ""


def test_errors_go_to_stderr_and_exit_1(run: Run) -> None:
    done = run("synth")
    assert (done.returncode, done.stdout) == (1, "")
    assert "cdk.json is missing" in done.stderr
    assert "porter init" in done.stderr


def test_debug_before_a_command_shows_its_traceback(run: Run) -> None:
    assert "Traceback" not in run("synth").stderr
    assert "Traceback" in run("--debug", "synth").stderr


def test_wrong_usage_exits_2(run: Run) -> None:
    done = run("build", "--nonsense")
    assert done.returncode == 2
    assert "--nonsense" in done.stderr


@pytest.mark.parametrize("words", [["reherse"], ["help", "reherse"]])
def test_a_misspelt_command_gets_a_suggestion(run: Run, words: list[str]) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert "There is no command 'reherse'. Did you mean 'rehearse'?" in done.stderr


@pytest.mark.parametrize(
    "command", ["rehearse --timeout abc", "rehearse --timeout inf", "host apply --within nan"]
)
def test_a_time_that_is_no_number_is_refused_in_plain_words(run: Run, command: str) -> None:
    *words, number = command.split()
    done = run(*words, number)
    assert done.returncode == 2
    assert f"{number!r} is not a valid number of seconds" in done.stderr


@pytest.mark.parametrize(
    "command", ["host apply --successes", "rehearse notice i-1 rebalance --seconds"]
)
def test_a_count_that_is_no_number_is_refused_in_plain_words(run: Run, command: str) -> None:
    done = run(*command.split(), "2.5")
    assert done.returncode == 2
    assert "'2.5' is not a valid whole number" in done.stderr


@pytest.mark.usefixtures("fake_node")
@pytest.mark.parametrize(
    "command",
    [
        *("build --output /proc/porter", "synth --output=/proc/porter", "diff -o /proc/porter"),
        *("deploy --output /proc/porter", "destroy", "synth"),
    ],
)
def test_an_assembly_that_cannot_be_written_is_an_error_at_once(
    run: Run, tmp_path: Path, command: str
) -> None:
    """The cdk CLI would try for ever; `cdk.json` may name the folder, too."""
    output = {} if "/proc" in command else {"output": "/proc/porter"}
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "true", **output}))
    done = run(*command.split())
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot create the folder for the cloud assembly: No such file" in done.stderr
    assert "where: /proc/porter\n  cure: choose another folder: --output" in done.stderr


def test_a_web_page_that_cannot_be_written_is_an_error_at_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text('{"app": "true"}')
    done = run("rehearse", "--html", "reports/page.html")
    assert (done.returncode, done.stdout) == (1, "")
    assert "where: reports/page.html\n  cure: choose another file: --html" in done.stderr


def help_into(output: TextIO | int) -> subprocess.CompletedProcess[str]:
    """Run `porter help` with its stdout connected to `output`."""
    return subprocess.run(
        [sys.executable, "-m", "porter", "help"],
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_below_the_output_is_not_a_bug(
    monkeypatch: pytest.MonkeyPatch, unbuffered: str
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    with Path("/dev/full").open("w") as full:
        done = help_into(full)
    assert done.returncode == 1
    assert done.stderr == "porter: error: cannot write the output: No space left on device\n"


def test_a_closed_pipe_is_not_an_error() -> None:
    """For example `porter help | head -0`."""
    reader, writer = os.pipe()
    os.close(reader)
    done = help_into(writer)
    os.close(writer)
    assert done.stderr == ""


def test_ctrl_c_ends_a_command_quietly() -> None:
    code = "import os, signal, porter.cli.help as h, porter.cli as c\n"
    code += "h.TOPICS = type('T', (), {'get': lambda *_: os.kill(os.getpid(), signal.SIGINT)})()\n"
    code += "c.main(['help', 'contexts'])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 128 + signal.SIGINT
    assert done.stderr.strip() == ""
