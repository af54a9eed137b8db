"""The payload contains what the service needs; the same folder gives the same bytes."""

import hashlib
import os
import tarfile
from pathlib import Path

import pytest

from porter.packing import payload
from porter.spec import SCHEMA, HostSpec, SpecError, loads
from porter_cdk import Process, Setup

SPEC = HostSpec(schema=SCHEMA, service="hello", timeout_seconds=60)


def packed(folder: Path, target: Path, *exclude: str) -> dict[str, tarfile.TarInfo]:
    process = Process(["./main"], source=folder, port=8000, exclude=exclude)
    payload.write(target, SPEC, {"workloads/web": process})
    with tarfile.open(target) as archive:
        return {member.name: member for member in archive}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    service = tmp_path / "service"
    (service / "lib").mkdir(parents=True)
    (service / "main").write_text("#!/bin/sh\n")
    (service / "main").chmod(0o700)
    (service / "lib" / "a.txt").write_text("a")
    return service


def test_the_same_files_are_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    """User, time and the order of the file system make no difference."""
    digests = set()
    for moment in (1, 2_000_000_000):
        for path in (folder / "main", folder / "lib" / "a.txt", folder / "lib"):
            os.utime(path, (moment, moment))
        target = tmp_path / f"{moment}.tar.xz"
        process = Process(["./main"], source=folder, port=8000)
        digests.add(payload.write(target, SPEC, {"workloads/web": process}))
        assert hashlib.sha256(target.read_bytes()).hexdigest() in digests
        (folder / "lib" / "a.txt").chmod(0o660)
    assert len(digests) == 1


def test_members_have_plain_modes_no_owner_and_no_time(folder: Path, tmp_path: Path) -> None:
    members = packed(folder, tmp_path / "a.tar.xz")
    assert {name: oct(member.mode) for name, member in members.items()} == {
        "host.json": "0o644",
        "workloads/web": "0o755",
        "workloads/web/lib": "0o755",
        "workloads/web/lib/a.txt": "0o644",
        "workloads/web/main": "0o755",
    }
    assert {(m.mtime, m.uid, m.gid, m.uname) for m in members.values()} == {(0, 0, 0, "")}


def test_the_specification_is_at_the_top(folder: Path, tmp_path: Path) -> None:
    packed(folder, tmp_path / "a.tar.xz")
    with tarfile.open(tmp_path / "a.tar.xz") as archive:
        content = archive.extractfile("host.json")
        assert content
        assert loads(HostSpec, content.read()) == SPEC


def test_a_setup_step_without_a_source_has_an_empty_folder(folder: Path, tmp_path: Path) -> None:
    """The step starts in that folder."""
    steps = {
        "setup/agent": Setup("agent", command=["./main"], source=folder, exclude=["lib"]),
        "setup/swap": Setup("swap", command=["swapoff", "-a"]),
    }
    payload.write(tmp_path / "a.tar.xz", SPEC, steps)
    with tarfile.open(tmp_path / "a.tar.xz") as archive:
        names = [member.name for member in archive]
    assert names == ["host.json", "setup/agent", "setup/agent/main", "setup/swap"]


@pytest.mark.argument("Setup(exclude=...)", "files that match are not in the payload")
def test_by_products_and_excluded_files_are_left_out(folder: Path, tmp_path: Path) -> None:
    for name in ("__pycache__/x.pyc", ".git/config", ".venv/bin/python", "cdk.out/x", "logs/a/b"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    for name in (".DS_Store", "x.pyc", "lib/debug.log", "lib/keep.txt"):
        (folder / name).write_text("x")
    members = packed(folder, tmp_path / "a.tar.xz", "*.log", "logs", "lib/a.*")
    assert sorted(members) == [
        "host.json",
        "workloads/web",
        "workloads/web/lib",
        "workloads/web/lib/keep.txt",
        "workloads/web/main",
    ]


def test_links_inside_stay_links(folder: Path, tmp_path: Path) -> None:
    (folder / "lib" / "link").symlink_to("../main")
    (folder / "folder").symlink_to("lib")
    members = packed(folder, tmp_path / "a.tar.xz")
    assert members["workloads/web/lib/link"].linkname == "../main"
    assert members["workloads/web/folder"].issym()
    assert "workloads/web/folder/a.txt" not in members


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "../service/main"])
def test_links_that_leave_the_folder_are_refused(target: str, folder: Path, tmp_path: Path) -> None:
    (folder / "link").symlink_to(target)
    with pytest.raises(SpecError, match="outside the service's folder"):
        packed(folder, tmp_path / "a.tar.xz")


def test_a_link_through_another_link_cannot_leave_the_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (folder / "deep").mkdir()
    (folder / "deep" / "up").symlink_to("..")
    (folder / "link").symlink_to("deep/up/../secret")
    with pytest.raises(SpecError, match="outside the service's folder"):
        packed(folder, tmp_path / "a.tar.xz")


def test_a_named_pipe_in_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(SpecError, match="is not a file, folder or link"):
        packed(folder, tmp_path / "a.tar.xz")


def test_a_payload_above_the_bound_is_refused_with_its_ten_largest_files(
    folder: Path, tmp_path: Path
) -> None:
    """Sparse files: the disk needs no space for them."""
    for number in range(12):
        with (folder / f"{number:02}.bin").open("wb") as file:
            file.truncate(payload.MOST_BYTES // 12 + number * 1_000_000)
    with pytest.raises(SpecError, match=r"payload: has 1,139\.7 MB of files") as error:
        packed(folder, tmp_path / "a.tar.xz")
    assert not (tmp_path / "a.tar.xz").exists()
    largest = error.value.what.splitlines()[1:]
    assert [line.split()[-1] for line in largest] == [
        f"workloads/web/{number:02}.bin" for number in range(11, 1, -1)
    ]
