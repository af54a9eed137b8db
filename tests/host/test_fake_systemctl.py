"""The fake systemctl refuses what systemd refuses, with its messages and exit codes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from porter.host.core.unit_state import PROPERTIES, UnitState
from tests.host.fake_host import FakeHost

UNIT = "haproxy.service"


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    """A host with one running unit."""
    host = FakeHost(tmp_path)
    host.install_systemctl()
    host.install_unit(UNIT)
    return host


def systemctl(host: FakeHost, line: str) -> tuple[int, str]:
    done = subprocess.run(
        [host.root / "usr/bin/systemctl", *line.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=10,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("start gone", 5, "Failed to start gone.service: Unit gone.service not found.\n"),
        ("restart gone", 5, "Failed to restart gone.service: Unit gone.service not found.\n"),
        ("stop gone", 5, "Failed to stop gone.service: Unit gone.service not loaded.\n"),
        ("enable gone", 1, "Failed to enable unit: Unit file gone.service does not exist.\n"),
        ("disable gone", 1, "Failed to disable unit: Unit file gone.service does not exist.\n"),
        ("begin gone", 1, "Unknown command verb begin.\n"),
        ("start --now gone", 1, "systemctl: unrecognized option '--now'\n"),
        ("start", 1, "Too few arguments.\n"),
        ("daemon-reload", 0, ""),
    ],
)
def test_a_missing_unit_or_verb_is_an_error(
    host: FakeHost, line: str, code: int, said: str
) -> None:
    assert systemctl(host, line) == (code, said)


def test_a_masked_unit_neither_starts_nor_is_enabled(host: FakeHost) -> None:
    assert systemctl(host, f"stop {UNIT}") == (0, "")
    assert systemctl(host, f"reload {UNIT}") == (1, f"{UNIT} is not active, cannot reload.\n")
    assert systemctl(host, f"mask --no-reload {UNIT}") == (0, "")
    masked = f"Failed to start {UNIT}: Unit {UNIT} is masked.\n"
    assert systemctl(host, f"start {UNIT}") == (1, masked)
    assert systemctl(host, f"enable {UNIT}")[0] == 1
    _, shown = systemctl(host, f"show {PROPERTIES} {UNIT} gone")
    first, second = map(UnitState.of, shown.split("\n\n"))
    assert (first.load, first.active, first.enabled) == ("masked", "inactive", False)
    assert (second.load, second.result, second.loaded) == ("not-found", "success", False)


def test_a_unit_that_failed_says_so_until_it_starts(host: FakeHost) -> None:
    host.fail("restart", UNIT)
    assert systemctl(host, f"restart {UNIT}")[0] == 1
    state = UnitState.of(systemctl(host, f"show {PROPERTIES} {UNIT}")[1])
    assert (state.active, state.result, state.runs) == ("failed", "exit-code", False)
    host.mend("restart", UNIT)
    assert systemctl(host, f"restart {UNIT}") == (0, "")
    state = UnitState.of(systemctl(host, f"show {PROPERTIES} {UNIT}")[1])
    assert (state.active, state.sub, state.result) == ("active", "running", "success")
