"""Control groups of either version are found, with the directives they cannot enforce."""

from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.rehearsal.machines.booted import hierarchies

V1 = "36 31 0:33 / {place} rw,relatime shared:9 - cgroup cgroup rw,{options}\n"
V2 = "41 31 0:38 / {place} rw - cgroup2 cgroup2 rw,nsdelegate\n"


def test_version_1_is_mounted_again_as_it_is() -> None:
    text = V1.format(place="/sys/fs/cgroup/cpu,cpuacct", options="cpu,cpuacct")
    text += V1.replace("0:33", "0:34").format(
        place="/sys/fs/cgroup/systemd", options="xattr,name=systemd"
    )
    found = hierarchies.find(text)
    assert hierarchies.mounts(found) == (
        "cpu,cpuacct=cgroup=cpu,cpuacct systemd=cgroup=none,name=systemd"
    )
    assert hierarchies.unenforced(found) == ["MemoryMax", "TasksMax", "IPAddressDeny"]


def test_version_2_alone_is_the_root_of_all(tmp_path: Path) -> None:
    (tmp_path / "cgroup.subtree_control").write_text("cpu io memory pids\n")
    found = hierarchies.find(V2.format(place=tmp_path))
    assert hierarchies.mounts(found) == ".=cgroup2=rw"
    assert hierarchies.unenforced(found) == []


def test_version_2_without_controllers_enforces_nothing(tmp_path: Path) -> None:
    place = tmp_path / "with space"
    place.mkdir()
    (place / "cgroup.subtree_control").write_text("\n")
    found = hierarchies.find(V2.format(place=str(place).replace(" ", "\\040")))
    assert hierarchies.unenforced(found) == ["MemoryMax", "TasksMax", "CPUQuota"]


def test_a_tree_mounted_twice_is_one(tmp_path: Path) -> None:
    (tmp_path / "cgroup.subtree_control").write_text("memory\n")
    assert len(hierarchies.find(2 * V2.format(place=tmp_path))) == 1


def test_where_systemd_cannot_run_the_cure_is_named() -> None:
    text = V1.format(place="/sys/fs/cgroup/memory", options="memory")
    with pytest.raises(PorterError, match="no control groups") as refused:
        hierarchies.find(text)
    assert "name=systemd" in refused.value.cure
