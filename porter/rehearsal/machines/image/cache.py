"""Keep machine images, each in a folder named by its recipe, and build missing ones."""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.machines.image import sources
from porter.rehearsal.machines.image.build import SECONDS, build
from porter.rehearsal.machines.image.recipe import Recipe, codename, images
from porter.rehearsal.machines.image.requirements import require

KEPT = 4
"""Images to keep, most recently used first: two suites, for two versions of porter."""

Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Image:
    """A read-only tree, the lower layer of overlays."""

    root: Path
    suite: str
    mirrors: tuple[str, ...]
    """The hosts in its apt sources."""


def image(suite: str, *, announce: Announce = lambda _: None) -> Image:
    """Return the image of `suite` (`debian-12`, `debian-13`); build it if the cache has none.

    `announce` is called before something slow. Raises `PorterError` if there is no such suite, if
    this host cannot build it, or if building fails.
    """
    return cached(Recipe(suite, sources.of_host(codename(suite))), announce=announce)


def cached(recipe: Recipe, *, announce: Announce = lambda _: None) -> Image:
    """Return the image of `recipe`; of several callers at once, one builds and the others wait."""
    folder = images() / recipe.key
    if not folder.is_dir():
        require()
        _make(images())
        with _locked(folder.with_name(f".{folder.name}.lock"), announce):
            if not folder.is_dir():
                announce(f"building the machine image {recipe.suite}, once: about half a minute")
                _build(recipe, folder)
    os.utime(folder)
    root = folder / "root"
    return Image(root, recipe.suite, sources.mirrors(root))


def _make(folder: Path) -> None:
    try:
        # For this user only: an image contains set-user-ID programs, without updates.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise PorterError(
            f"cannot make the folder for machine images: {error.strerror}",
            where=str(folder),
            cure="set XDG_CACHE_HOME to a folder that you can write to",
        ) from error


def _build(recipe: Recipe, folder: Path) -> None:
    """Build beside `folder` and rename, so `folder` is complete. The caller holds the lock."""
    partial = folder.with_name(f".{folder.name}.partial")
    _remove(partial)  # left by a killed build
    partial.mkdir()
    try:
        build(recipe, partial)
        partial.rename(folder)
    finally:
        _remove(partial)
    _remove_old(folder.parent)


def _remove_old(folder: Path) -> None:
    known = [path for path in folder.iterdir() if not path.name.startswith(".")]
    for old in sorted(known, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
        _remove(old)


def _remove(folder: Path) -> None:
    """Remove `folder`, unless something is mounted below: that may be the host's /dev."""
    if f" {folder}/" in Path("/proc/self/mountinfo").read_text():
        raise PorterError("a file system is mounted below it", where=str(folder), cure="unmount it")
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)  # killed processes may still write
    raise PorterError("cannot remove this folder", where=str(folder))


@contextmanager
def _locked(path: Path, announce: Announce) -> Iterator[None]:
    """Hold the build lock (flock(2)) within the block; it ends with its process."""
    end = time.monotonic() + SECONDS
    with path.open("wb") as lock:
        waiting = False
        while not _lock(lock.fileno()):
            if time.monotonic() > end:
                raise PorterError("timed out: another porter builds the image", where=str(path))
            if not waiting:
                announce("waiting for another porter, which is building the machine image")
            waiting = True
            time.sleep(random.uniform(0.1, 0.3))  # noqa: S311 - not a secret
        yield


def _lock(descriptor: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
