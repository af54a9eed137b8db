"""The folders that the next start removes, and those that it does not touch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from porter.rehearsal.local.folder import PREFIX
from porter.rehearsal.machines.leftovers import MOST, rehearsal_folder, remove_leftovers

HOLD = """
import sys, time
from porter.rehearsal.machines.leftovers import rehearsal_folder
with rehearsal_folder() as folder:
    (folder / "file").touch()
    print(folder, flush=True)
    time.sleep(60)
"""


@contextmanager
def _living(tmpdir: Path) -> Iterator[Path]:
    """The folder of another process, which is killed after the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env={**os.environ, "TMPDIR": str(tmpdir)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Path(process.stdout.readline().strip())
    finally:
        process.kill()
        process.communicate()


def test_the_next_start_removes_the_folder_of_a_killed_rehearsal_only(tmp_path: Path) -> None:
    with _living(tmp_path) as folder:
        remove_leftovers(tmp_path)
        assert (folder / "file").exists()
    assert (folder / "file").exists(), "the kill left it"
    remove_leftovers(tmp_path)
    assert not folder.exists()


def test_the_target_of_a_link_stays(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    (tmp_path / f"{PREFIX}link").symlink_to(precious)
    killed = tmp_path / f"{PREFIX}killed"
    killed.mkdir()
    (killed / "link").symlink_to(precious)
    remove_leftovers(tmp_path)
    assert not killed.exists()
    assert (precious / "file").exists()


def test_folders_of_another_name_stay(tmp_path: Path) -> None:
    (tmp_path / "porter-notes").mkdir()
    (tmp_path / f"{PREFIX}file").touch()
    remove_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"porter-notes", f"{PREFIX}file"}


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a folder away needs root")
def test_another_users_folder_stays(tmp_path: Path) -> None:
    theirs = tmp_path / f"{PREFIX}theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    remove_leftovers(tmp_path)
    assert theirs.exists()


def test_one_start_removes_a_bounded_number_of_folders(tmp_path: Path) -> None:
    for number in range(MOST + 10):
        (tmp_path / f"{PREFIX}{number}").mkdir()
    remove_leftovers(tmp_path)
    assert len([*tmp_path.iterdir()]) == 10


def test_the_folder_is_private_and_is_removed_after_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with rehearsal_folder() as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
        remove_leftovers(tmp_path)
        assert folder.exists()
    assert not folder.exists()
