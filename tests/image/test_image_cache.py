"""Each image is built once, completely, and found by its recipe."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.rehearsal.machines.image import image
from porter.rehearsal.machines.image.cache import KEPT, cached
from porter.rehearsal.machines.image.recipe import Recipe
from tests.harness.conditions import boots as builds
from tests.harness.slowness import slowness
from tests.harness.traces import until

CHILD = """
import json, sys
from porter.rehearsal.machines.image.cache import cached
from porter.rehearsal.machines.image.recipe import Recipe
fields = json.loads(sys.argv[1])
recipe = Recipe(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})
print(cached(recipe, announce=lambda text: print(text, flush=True)).root)
"""


def _child(recipe: Recipe) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, json.dumps(asdict(recipe))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@builds
@pytest.mark.parametrize(
    ("suite", "release"),
    [
        ("debian-12", "bookworm"),
        pytest.param(
            "debian-13", "trixie", marks=pytest.mark.exhaustive
        ),  # takes a minute to build
    ],
)
def test_an_image_has_what_an_instance_needs_and_no_files_of_this_host(
    suite: str, release: str
) -> None:
    made = image(suite)
    root = made.root
    assert f"VERSION_CODENAME={release}" in (root / "etc/os-release").read_text()
    for program in ("cloud-init", "systemctl", "python3", "curl", "ip"):
        assert os.path.lexists(root / "usr/bin" / program), program
    assert not (root / "usr/sbin/haproxy").exists()
    assert list((root / "var/lib/apt/lists").glob("*_Packages"))
    assert not list((root / "usr/share/man").glob("man?/*"))
    assert not (root / "etc/hostname").exists()
    assert not os.path.lexists(root / "etc/resolv.conf")
    assert (root / "etc/machine-id").read_text() == ""
    assert not list((root / "etc/ssh").glob("ssh_host_*"))
    assert made.mirrors
    assert all(re.fullmatch(r"[\w.-]+", name) for name in made.mirrors)


@builds
@pytest.mark.timing
def test_a_cached_image_is_returned_at_once() -> None:
    first = image("debian-12")
    told: list[str] = []
    factor = slowness()
    start = time.perf_counter()
    assert image("debian-12", announce=told.append) == first
    assert time.perf_counter() - start < 0.2 * factor
    assert told == []


def test_each_change_of_a_recipe_makes_another_image() -> None:
    recipe = Recipe("debian-12")
    others = [
        replace(recipe, suite="debian-13"),
        replace(recipe, sources=("deb http://mirror.example/debian bookworm main",)),
        replace(recipe, packages=(*recipe.packages, "jq")),
        replace(recipe, options=recipe.options[1:]),
        replace(recipe, architecture="other"),
        replace(recipe, format=recipe.format + 1),
    ]
    keys = {one.key for one in (recipe, Recipe("debian-12"), *others)}
    assert len(keys) == 1 + len(others)
    assert recipe.key.startswith("debian-12-")


def test_an_unknown_suite_is_an_error_with_the_known_ones() -> None:
    with pytest.raises(PorterError, match="no image 'amazon'") as caught:
        image("amazon")
    assert caught.value.cure == "choose one of debian-12, debian-13"


@builds
def test_a_killed_build_leaves_no_image(small: Recipe, cache: Path) -> None:
    child = _child(small)
    try:
        partial = cache / f".{small.key}.partial"
        _until(lambda: list(partial.glob("root/*")))
    finally:
        child.kill()
        child.communicate()
    assert not (cache / small.key).exists()
    _until(lambda: not list(_processes(str(partial))))
    assert str(cache) not in Path("/proc/self/mountinfo").read_text()
    root = cached(small).root
    assert (root / "usr/lib/os-release").is_file()
    assert not partial.exists()


@builds
def test_of_two_builds_at_once_one_waits_for_the_other(small: Recipe, cache: Path) -> None:
    children = [_child(small), _child(small)]
    said = sorted(child.communicate(timeout=120)[0].splitlines() for child in children)
    root = str(cache / small.key / "root")
    assert said == [
        ["building the machine image debian-12, once: about half a minute", root],
        ["waiting for another porter, which is building the machine image", root],
    ]


@builds
def test_a_failed_build_is_an_error_with_its_reason_and_leaves_nothing(
    small: Recipe, cache: Path
) -> None:
    with pytest.raises(PorterError, match="no-such-package") as caught:
        cached(replace(small, packages=("no-such-package",)))
    assert caught.value.where == "machine image debian-12"
    assert [path for path in cache.iterdir() if path.suffix != ".lock"] == []


@builds
def test_an_interrupted_build_ends_at_once_and_leaves_nothing(small: Recipe, cache: Path) -> None:
    child = _child(small)
    partial = cache / f".{small.key}.partial"
    _until(lambda: list(partial.glob("root/*")))
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=30)
    assert [path for path in cache.iterdir() if path.suffix != ".lock"] == []
    assert list(_processes(str(partial))) == []


@builds
def test_the_images_unused_for_longest_are_removed(small: Recipe, cache: Path) -> None:
    for age in range(1, KEPT + 2):
        folder = cache / f"old-{age}"
        folder.mkdir(parents=True)
        os.utime(folder, times=(0, time.time() - age * 3600))
    cached(small)
    left = {path.name for path in cache.iterdir() if not path.name.startswith(".")}
    assert left == {small.key, *(f"old-{age}" for age in range(1, KEPT))}


def _until(true: Callable[[], object], seconds: float = 30) -> None:
    assert until(true, seconds), "it never came true"


def _processes(text: str) -> Iterator[str]:
    """Return the command lines of all processes that mention `text`."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            yield line
