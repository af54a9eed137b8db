"""No space, permission or folder: exit code 1, a clear reason, and nothing left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.conditions import mounts
from tests.harness.sandbox import Sandbox, a_sandbox

SMALL_DISK = Path(__file__).with_name("small_disk.py")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox for each test."""
    with a_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def app(sandbox: Sandbox) -> Path:
    """The template's app."""
    return sandbox.app()


def _on_disk(sandbox: Sandbox, app: Path, size: str, fill_after: str = "-") -> Any:
    done = subprocess.run(
        [
            *("unshare", "--mount", sys.executable, str(SMALL_DISK), size, fill_after),
            *(str(app), str(sandbox.temporary)),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=150,
    )
    return json.loads(done.stdout)


@mounts
@pytest.mark.parametrize("size", ["1m", "20m"])
def test_a_disk_that_is_too_small_is_refused_at_once(
    sandbox: Sandbox, app: Path, size: str
) -> None:
    ended = _on_disk(sandbox, app, size)
    assert ended["code"] == 1
    assert "no space is left" in ended["said"]
    assert str(sandbox.temporary) in ended["said"]
    assert "set TMPDIR" in ended["said"]
    assert ended["left"] == []


@pytest.mark.machines
@mounts
@pytest.mark.parametrize("phase", ["prepare", "synth"])
def test_a_disk_that_fills_up_is_the_reason(sandbox: Sandbox, app: Path, phase: str) -> None:
    ended = _on_disk(sandbox, app, "60m", fill_after=phase)
    assert ended["code"] == 1
    assert "no space is left" in ended["said"], ended["said"]
    assert "porter: bug" not in ended["said"], ended["said"]
    assert ended["left"] == []


@pytest.mark.machines
@mounts
def test_60_megabytes_are_enough(sandbox: Sandbox, app: Path) -> None:
    ended = _on_disk(sandbox, app, "60m")
    assert ended["code"] == 0, ended["said"]
    assert ended["left"] == []


def _failed(sandbox: Sandbox, app: Path, tmpdir: Path) -> subprocess.CompletedProcess[str]:
    """Rehearse with this TMPDIR, in vain."""
    done = subprocess.run(
        [*_without_privileges(), sys.executable, "-m", "porter", "rehearse"],
        cwd=app,
        env={**os.environ, "TMPDIR": str(tmpdir)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert sandbox.files() == []
    return done


def _refused(sandbox: Sandbox, app: Path, tmpdir: Path) -> str:
    """Return the error of a rehearsal that refuses this TMPDIR."""
    said = _failed(sandbox, app, tmpdir).stderr
    assert "porter: error" in said, said
    return said


def _without_privileges() -> list[str]:
    """Return a command that runs a program without root's right to access every file."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def test_a_missing_tmpdir_is_an_error_that_names_it(sandbox: Sandbox, app: Path) -> None:
    missing = sandbox.folder / "missing"
    said = _refused(sandbox, app, missing)
    assert "cannot make a temporary folder: No such file or directory" in said
    assert str(missing) in said


def test_a_tmpdir_that_is_a_file_is_an_error(sandbox: Sandbox, app: Path) -> None:
    said = _refused(sandbox, app, app / "cdk.json")
    assert "cannot make a temporary folder: Not a directory" in said


def test_a_tmpdir_within_the_app_is_refused_and_not_copied_into_itself(
    sandbox: Sandbox, app: Path
) -> None:
    within = app / "tmp"
    within.mkdir()
    assert "set TMPDIR to another folder" in _refused(sandbox, app, within)
    assert [*within.iterdir()] == []


def test_a_read_only_tmpdir_is_an_error(sandbox: Sandbox, app: Path) -> None:
    sandbox.temporary.chmod(0o555)
    said = _refused(sandbox, app, sandbox.temporary)
    assert "cannot make a temporary folder: Permission denied" in said


def test_a_tmpdir_in_a_folder_that_may_not_be_entered_is_an_error(
    sandbox: Sandbox, app: Path
) -> None:
    sandbox.temporary.chmod(0o600)
    said = _refused(sandbox, app, sandbox.temporary / "within")
    assert "cannot make a temporary folder: Permission denied" in said


def test_a_file_of_the_app_that_cannot_be_read_is_named(sandbox: Sandbox, app: Path) -> None:
    secret = app / "service/main.py"
    secret.chmod(0)
    said = _failed(sandbox, app, sandbox.temporary).stdout
    assert f"[Errno 13] Permission denied: '{secret}'" in said


def test_a_read_only_folder_is_no_obstacle(sandbox: Sandbox, app: Path) -> None:
    (app / "cdk.json").write_text("not JSON")
    (app / "service").chmod(0o555)
    assert "is not JSON" in _refused(sandbox, app, sandbox.temporary)
