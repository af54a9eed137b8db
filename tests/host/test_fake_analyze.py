"""The fakes of `systemd-analyze calendar` answer as the real program does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.host.analyze import BERLIN, NIGHTLY, ONCE, PUT_BACK, REAL, install_analyze, once

DUE = 1_767_261_605
pytestmark = pytest.mark.skipif(REAL is None, reason="systemd-analyze is not on this machine")


def answers(program: str | Path, *arguments: str) -> tuple[int, list[str]]:
    """Return the exit code, and the part of the output that porter reads."""
    done = subprocess.run(
        [program, *arguments],
        env={"TZ": "UTC", "LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=20,
        check=False,
    )
    lines = [line.strip() for line in done.stdout.splitlines()]
    return done.returncode, [line for line in lines if line.startswith(("Next", "Failed"))]


@pytest.mark.parametrize(
    ("fake", "expression", "instants"),
    [
        (ONCE, f"{once(DUE)} UTC", [0, DUE - 1, DUE, DUE + 1]),
        (ONCE, "nonsense", [DUE]),
        (
            BERLIN,
            NIGHTLY,
            [PUT_BACK + 60 * minutes for minutes in (-1470, -30, -29, 0, 29, 30, 61, 600)],
        ),
        (BERLIN, "02:30 Europe/Nowhere", [PUT_BACK]),
    ],
    ids=["once", "nonsense", "Berlin", "nowhere"],
)
def test_a_fake_says_what_systemd_says(
    tmp_path: Path, fake: str, expression: str, instants: list[int]
) -> None:
    program = install_analyze(tmp_path, fake, real=None)
    for instant in instants:
        arguments = ("calendar", f"--base-time=@{instant}", expression)
        assert answers(program, *arguments) == answers(str(REAL), *arguments)


@pytest.mark.parametrize("arguments", [("verify", "x"), ("calendar", "--base-time=@x", "daily")])
def test_a_fake_refuses_what_systemd_refuses(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    program = install_analyze(tmp_path, ONCE, real=None)
    assert answers(program, *arguments)[0] == answers(str(REAL), *arguments)[0] == 1
