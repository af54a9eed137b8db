"""The steps that every feature uses, performed below a root with a fake systemctl."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from porter.errors import HostFaultError, PorterError
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.core.steps import (
    ChangeUnit,
    DaemonReload,
    InstallPackages,
    MoveFile,
    RemoveFile,
    RemoveFolder,
    Run,
    Step,
    WriteFile,
)
from porter.host.core.systems import APT, DNF
from porter.host.core.unit_state import UnitState
from tests.host.fake_host import FakeHost

UNIT = "haproxy.service"
DNS = "W: Failed to fetch http://deb.example/InRelease"


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    """A host with one running unit."""
    host = FakeHost(tmp_path)
    host.install_systemctl()
    host.install_unit(UNIT)
    return host


def perform(host: FakeHost, *steps: Step) -> None:
    for step in steps:
        step.perform(Machine(Layout(host.root)))


def test_files_are_written_moved_and_removed(host: FakeHost) -> None:
    first, second = host.root / "etc/porter/a", host.root / "etc/porter/b"
    perform(host, WriteFile(first, b"content", 0o600), MoveFile(first, second))
    assert second.read_bytes() == b"content"
    assert second.stat().st_mode & 0o777 == 0o600
    assert not first.exists()
    perform(host, RemoveFile(second))
    assert list(second.parent.iterdir()) == []
    perform(host, WriteFile(second, b"", 0o644), RemoveFolder(second.parent))
    assert not second.parent.exists()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 0", ""),
        ("echo why; exit 1", "`sh -c 'echo why; exit 1'` failed, exit code 1: why"),
        ("kill -9 $$", "`sh -c 'kill -9 $$'` failed, killed by signal 9: it printed nothing"),
    ],
)
def test_a_command_that_fails_is_named_with_its_end(
    host: FakeHost, script: str, reason: str
) -> None:
    step = Run(("sh", "-c", script))
    if reason:
        with pytest.raises(PorterError) as error:
            perform(host, step)
        assert error.value.what == reason
    else:
        perform(host, step)


def test_only_changes_of_links_leave_the_units_as_systemd_has_them(host: FakeHost) -> None:
    perform(
        host,
        ChangeUnit("disable", UNIT),
        ChangeUnit("enable", UNIT),
        ChangeUnit("restart", UNIT),
        ChangeUnit("reload", UNIT),
        ChangeUnit("stop", UNIT),
        ChangeUnit("mask", UNIT),
        DaemonReload(),
    )
    assert host.calls() == [
        f"disable --no-reload {UNIT}",
        f"enable --no-reload {UNIT}",
        f"restart {UNIT}",
        f"reload {UNIT}",
        f"stop {UNIT}",
        f"mask --no-reload {UNIT}",
        "daemon-reload",
    ]


@pytest.mark.parametrize("journal", ["", "main.py: not found"])
def test_the_journal_or_else_systemctl_says_why_a_unit_does_not_start(
    host: FakeHost, journal: str
) -> None:
    journalctl = host.root / "usr/bin/journalctl"
    journalctl.write_text(f"#!/bin/sh\nprintf '%s' '{journal}'\n")
    journalctl.chmod(0o755)
    with pytest.raises(PorterError) as error:
        perform(host, ChangeUnit("start", "gone.service"))
    said = journal or "Failed to start gone.service: Unit gone.service not found."
    assert error.value.what.endswith(f"systemctl start gone.service` failed, exit code 5: {said}")


def test_a_missing_mirror_is_part_of_the_reason(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`apt-get update` only warns about a missing mirror, and exits with 0."""
    monkeypatch.delenv("DEBIAN_FRONTEND", raising=False)
    program = host.root / "usr/bin/apt-get"
    update = f'case $* in *update) echo "{DNS}"; exit;; esac'
    program.write_text(f'#!/bin/sh\n{update}\necho "E: no $DEBIAN_FRONTEND"\nexit 100\n')
    program.chmod(0o755)
    with pytest.raises(HostFaultError, match=f"exit code 100: {DNS} . E: no noninteractive"):
        perform(host, InstallPackages(("haproxy",), APT))


@pytest.mark.parametrize(
    "said",
    [
        "E: Unable to locate package haproxi",
        "E: Failed to fetch http://deb.example/haproxi.deb  404  Not Found [IP: 192.0.2.1 80]",
    ],
)
def test_a_package_that_the_mirror_lacks_is_no_fault_of_one_host(host: FakeHost, said: str) -> None:
    program = host.root / "usr/bin/apt-get"
    program.write_text(f"#!/bin/sh\necho '{said}'\nexit 100\n")
    program.chmod(0o755)
    with pytest.raises(PorterError, match=re.escape(said)) as told:
        perform(host, InstallPackages(("haproxi",), APT))
    assert not isinstance(told.value, HostFaultError)


def test_without_the_program_a_step_says_so(tmp_path: Path) -> None:
    with pytest.raises(PorterError, match="there is no systemctl"):
        DaemonReload().perform(Machine(Layout(tmp_path)))


@pytest.mark.parametrize(
    ("step", "title", "data"),
    [
        (
            WriteFile(Path("/a"), b"A=1", 0o640),
            "write /a (0640, 3 bytes)",
            {"step": "write-file", "path": "/a", "mode": "0640", "content": "A=1"},
        ),
        (
            WriteFile(Path("/a"), b"A=1", 0o700),
            "write /a (0700, 3 bytes)",
            {"step": "write-file", "path": "/a", "mode": "0700", "content": None},
        ),
        (
            MoveFile(Path("/a"), Path("/b")),
            "move /a to /b",
            {"step": "move-file", "source": "/a", "target": "/b"},
        ),
        (RemoveFile(Path("/a")), "remove /a", {"step": "remove-file", "path": "/a"}),
        (RemoveFolder(Path("/a")), "remove /a/", {"step": "remove-folder", "path": "/a"}),
        (Run(("echo", "a b")), "run echo 'a b'", {"step": "run", "argv": ["echo", "a b"]}),
        (
            InstallPackages(("haproxy", "curl"), DNF),
            "install haproxy curl with dnf",
            {
                "step": "install-packages",
                "packages": ["haproxy", "curl"],
                "runs": [["dnf", *DNF.install, "haproxy", "curl"]],
            },
        ),
        (DaemonReload(), "reload systemd's units", {"step": "daemon-reload"}),
        (ChangeUnit("stop", UNIT), f"stop {UNIT}", {"step": "stop-unit", "unit": UNIT}),
    ],
)
def test_a_step_is_shown_without_what_only_root_may_read(
    step: Step, title: str, data: dict[str, Any]
) -> None:
    assert step.title == title
    assert json.loads(json.dumps(step.as_json())) == data


@pytest.mark.parametrize(
    ("shown", "loaded", "runs", "enabled"),
    [
        ("", False, False, False),
        ("LoadState=not-found\nActiveState=inactive\nUnitFileState=\n", False, False, False),
        ("LoadState=\nActiveState=active\n", False, True, False),
        ("LoadState=loaded\nActiveState=activating\nUnitFileState=disabled\n", True, True, False),
        ("LoadState=loaded\nActiveState=reloading\nUnitFileState=static\n", True, True, True),
        ("LoadState=loaded\nActiveState=deactivating\nUnitFileState=alias\n", True, False, True),
        ("LoadState=masked\nActiveState=failed\nUnitFileState=masked\n", True, False, False),
        ("LoadState=loaded\nUnitFileState=enabled-runtime\n", True, False, True),
        ("LoadState=loaded\nUnitFileState=indirect\n", True, False, True),
        ("LoadState=loaded\nUnitFileState=generated\n", True, False, True),
    ],
)
def test_the_state_of_a_unit_is_what_systemctl_shows(
    shown: str, *, loaded: bool, runs: bool, enabled: bool
) -> None:
    state = UnitState.of(shown)
    assert (state.loaded, state.runs, state.enabled) == (loaded, runs, enabled)


def test_a_unit_that_starts_again_is_told_with_all_its_properties() -> None:
    shown = "Result=exit-code\nNRestarts=3\nLoadState=loaded\nActiveState=activating\n"
    state = UnitState.of(f"{shown}SubState=auto-restart\nUnitFileState=enabled\nnoise\nA=b=c\n")
    expected = UnitState("loaded", "activating", "auto-restart", "exit-code", "3", enabled=True)
    assert state == expected
    assert UnitState.of("") == UnitState()
    default = UnitState("not-found", "inactive", "dead", "", "", enabled=False)
    assert UnitState() == default
