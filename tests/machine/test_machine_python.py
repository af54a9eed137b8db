"""The Python of a played machine is the one that its user data installs, or the report says so."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from porter.rehearsal.machines.played.machines import ProcessMachines
from porter.rehearsal.machines.played.root import lay_out

from .conftest import launch

OWN = f"python3.{sys.version_info.minor}"
SAYS = """\
#!/bin/sh
echo "$0 {minor}"
"""


def limits(tmp_path: Path, *packages: str) -> str:
    """Return the report's lines on machines that install `packages`."""
    machines = ProcessMachines()
    user_data = b"#cloud-config\n" + json.dumps({"packages": packages}).encode()
    for _ in range(2):
        machines.machine(launch(user_data), tmp_path)
    return "\n".join(machines.limits)


def python_on_path(folder: Path, name: str, minor: int) -> Path:
    """Put a program `name` that calls itself Python 3.`minor` into `folder`."""
    folder.mkdir()
    program = folder / name
    program.write_text(SAYS.format(minor=minor))
    program.chmod(0o755)
    return program


def said_by(*argv: str | Path) -> str:
    """Return what a program prints."""
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout


def test_a_report_says_once_that_this_python_is_another(tmp_path: Path) -> None:
    said = limits(tmp_path, "git", "python3.98")
    line = f"python3 is {OWN} here, and python3.98 on the hosts: install that here to use it"
    assert said.count(line) == 1
    assert "on the hosts" not in limits(tmp_path, OWN)
    assert "on the hosts" not in limits(tmp_path)


def test_a_machine_has_the_python_that_its_user_data_installs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = python_on_path(tmp_path / "bin", "python3.97", 97)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    lay_out(tmp_path / "root", "python3.97")
    for name in ("python3", "python3.97"):
        assert said_by(tmp_path / "root/usr/bin" / name).endswith(" 97\n")
    assert "on the hosts" not in limits(tmp_path, "python3.97")


def test_a_program_of_a_version_manager_that_is_another_python_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = python_on_path(tmp_path / "bin", "python3.96", 11)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    lay_out(tmp_path / "root", "python3.96")
    assert "96" not in said_by(tmp_path / "root/usr/bin/python3.96", "-V")
    assert program.is_file()
    assert "and python3.96 on the hosts" in limits(tmp_path, "python3.96")
