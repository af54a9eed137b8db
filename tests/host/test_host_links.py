"""Root reads and writes below a folder of another user, and follows none of that user's links."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has files of another user")


@pytest.fixture
def machine() -> Machine:
    return Machine(Layout())


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """A folder that is a link of another user, to a folder of root's with one file."""
    (tmp_path / "roots").mkdir()
    (tmp_path / "roots/outputs.conf").write_text("root's")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "local").symlink_to(tmp_path / "roots")
    os.chown(tree, NOBODY, NOBODY)
    os.chown(tree / "local", NOBODY, NOBODY, follow_symlinks=False)
    return tree / "local"


@needs_root
def test_nothing_is_written_or_removed_through_a_link_of_another_user(
    machine: Machine, local: Path
) -> None:
    path = local / "outputs.conf"
    with pytest.raises(PorterError, match="outputs"):
        machine.write(path, b"porter's", 0o644)
    with pytest.raises(PorterError, match="outputs"):
        machine.remove(path)
    assert machine.read(path) is None
    assert path.read_text() == "root's"
    assert [one.name for one in path.parent.iterdir()] == ["outputs.conf"]


@needs_root
def test_a_file_that_is_a_link_of_another_user_is_replaced_and_not_read(
    machine: Machine, local: Path
) -> None:
    path = local.with_name("inputs.conf")
    path.symlink_to(local.parent.with_name("roots") / "outputs.conf")
    assert machine.read(path) is None
    machine.write(path, b"porter's", 0o644)
    assert (path.is_symlink(), path.read_text()) == (False, "porter's")
    assert (local / "outputs.conf").read_text() == "root's"


def test_a_link_of_this_user_counts(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    machine.write(tmp_path / "link/file", b"content", 0o600)
    found = machine.read(tmp_path / "link/file")
    assert found
    assert (found.content, found.mode) == (b"content", 0o600)
    machine.remove(tmp_path / "link/file")
    machine.remove(tmp_path / "link/file")
    assert not list((tmp_path / "real").iterdir())


def test_a_pipe_keeps_nobody_waiting(machine: Machine, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert machine.read(tmp_path / "pipe") is None
