"""The bundle's build is deterministic, limited in size, and clear about errors."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import porter
from porter.bundle import archive, build, stream
from porter.bundle.dependencies import dependencies
from porter.errors import PorterError
from tests.harness.slowness import slowness

ROOT = Path(porter.__file__).parents[1]


WITHOUT_UV = """
import sys
sys.modules["uv"] = None
from porter.bundle.build import main
main(sys.argv[1:])
"""


def start_build(folder: Path, umask: int, zone: str, *how: str) -> subprocess.Popen[str]:
    """Build in a copy of the source tree that has no cache yet; `how` runs the build."""
    shutil.copytree(
        ROOT / "porter",
        folder / "porter",
        ignore=shutil.ignore_patterns("__pycache__", ".cache", "*.xz"),
    )
    shutil.copy(ROOT / "host.lock", folder)
    return subprocess.Popen(
        [sys.executable, *how, "bundle.tar.xz"],
        cwd=folder,
        env={**os.environ, "TZ": zone, "PYTHONPATH": str(folder), "PYTHONHASHSEED": str(umask)},
        umask=umask,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_folder_umask_and_time_zone_leave_no_trace_in_the_bytes(tmp_path: Path) -> None:
    """Two builds run side by side: uv installs for one, and pip for the other."""
    here, there = tmp_path / "here", tmp_path / "a longer way" / "there"
    builds = [
        start_build(here, 0o022, "UTC", "-m", "porter.bundle.build"),
        start_build(there, 0o077, "Asia/Kathmandu", "-c", WITHOUT_UV),
    ]
    try:
        for process in builds:
            output, _ = process.communicate(timeout=120 * slowness())
            assert process.returncode == 0, output
    finally:
        for process in builds:
            process.kill()
    assert (here / "bundle.tar.xz").read_bytes() == (there / "bundle.tar.xz").read_bytes()


def test_an_edit_recompresses_porters_part_alone(bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "porter", tmp_path / "porter")
    shutil.copy(ROOT / "host.lock", tmp_path)
    (tmp_path / "porter/daemon/__init__.py").write_text('"""Edited."""\n')
    edited = build.build(tmp_path / "bundle.tar.xz", root=tmp_path).read_bytes()
    half = dependencies(tmp_path / "host.lock", tmp_path / "porter/bundle/.cache")
    assert edited != bundle.read_bytes()
    assert edited.startswith(half)
    assert bundle.read_bytes().startswith(half)
    assert len(half) > len(edited) * 0.85


def test_it_is_small(bundle: Path) -> None:
    assert bundle.stat().st_size <= build.MAXIMUM_BYTES == 3_500_000


def test_one_that_has_grown_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "MAXIMUM_BYTES", 1_000_000)
    with pytest.raises(PorterError, match=r"has 1,\d{3},\d{3} bytes, more than 1,000,000"):
        build.build(tmp_path / "bundle.tar.xz")
    assert list(tmp_path.iterdir()) == []


def test_a_dependency_with_another_digest_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "host.lock"
    lock.write_text(f"six==1.17.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(PorterError, match=r"uv could not install .*(?s:.)*(?i:hash mismatch)"):
        dependencies(lock, tmp_path / "cache")
    assert not list(tmp_path.rglob("*.xz"))


def test_outside_a_source_tree_there_is_nothing_to_build(tmp_path: Path) -> None:
    with pytest.raises(PorterError, match=re.escape(f"{tmp_path}: there is no host.lock")):
        build.build(root=tmp_path)


def test_who_needs_a_missing_bundle_is_told_how_to_make_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LOCATION", tmp_path / "bundle.tar.xz")
    with pytest.raises(PorterError, match="make bundle"):
        archive.path()


def test_equal_files_in_another_order_are_equal_bytes() -> None:
    files = {"b/c.py": b"1", "a.py": b"2", "b/a.py": b"3"}
    assert stream.compress(files) == stream.compress(dict(reversed(files.items())))


def test_every_pin_of_a_host_is_a_pin_of_the_developers() -> None:
    """Tests run with the versions that hosts run."""
    pin = re.compile(r"^[a-z0-9-]+==[^ ;]+", re.MULTILINE)
    host = set(pin.findall((ROOT / "host.lock").read_text()))
    assert len(host) > 10
    assert host <= set(pin.findall((ROOT / "dev.lock").read_text()))
