"""Keep the results of builds in the user's cache, each in a folder named by what it was made of."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from porter.packing.files import below, digest
from porter.packing.run import SECONDS
from porter.spec import SpecError

KEPT = 20
"""Results to keep, most recently used first, whatever their size; those in use are kept as well."""

_ATTEMPTS = 5
_held: dict[str, int] = {}
"""The shared locks of this process, by key: until it ends, nobody removes what it packs."""


def folder() -> Path:
    """Return the cache's folder: `porter/builds` in XDG_CACHE_HOME, by default ~/.cache."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        builds = cache / "porter" / "builds"
        # For this user only: what is in here is deployed.
        builds.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:
        raise SpecError(
            f"cannot make the folder for results of builds: {error}",
            cure="set XDG_CACHE_HOME to a folder that you can write to",
        ) from None
    return builds


def result(key: str, make: Callable[[Path, int], None]) -> Path:
    """Return the folder that `make` filled for `key`, now or earlier. It must not be changed.

    `make` gets an empty folder and the descriptor of the lock, which its commands inherit. Of two
    syntheses at once, one makes the result and the other waits. A result counts only with its
    digest, which is written last: a killed build or a full disk leaves none.
    """
    builds = folder()
    kept = builds / key
    for _ in range(_ATTEMPTS):
        if key not in _held:
            _held[key] = _lock(builds, key, fcntl.LOCK_SH)
        if _whole(kept):
            os.utime(kept)
            return kept / "result"
        os.close(_held.pop(key))
        with _locked(builds, key) as lock:
            if not _whole(kept):
                _make(kept, make, lock)
        _remove_old(builds)
    raise SpecError("another porter removes it repeatedly", where=str(kept))


def _make(kept: Path, make: Callable[[Path, int], None], lock: int) -> None:
    """Make the result beside `kept`, then rename. The caller holds the lock."""
    partial = Path(tempfile.mkdtemp(prefix=f"{kept.name}.", dir=kept.parent))
    try:
        (partial / "result").mkdir()
        make(partial / "result", lock)
        (partial / "digest").write_text(_digest(partial / "result"))
        _remove(kept)  # damaged, or it would have been used
        partial.rename(kept)
    finally:
        _remove(partial)


def _whole(kept: Path) -> bool:
    """Return whether the result is what the build left: a crash may empty files that it wrote."""
    try:
        return (kept / "digest").read_text() == _digest(kept / "result")
    except OSError:
        return False


def _digest(made: Path) -> str:
    return digest(made, below(made, ()))


@contextmanager
def _locked(builds: Path, key: str) -> Iterator[int]:
    lock = _lock(builds, key, fcntl.LOCK_EX)
    try:
        yield lock
    finally:
        # Explicitly: a process that the commands left behind has the descriptor, too.
        fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)


def _lock(builds: Path, key: str, kind: int) -> int:
    """Return the descriptor of a lock (flock(2)), which ends with its last holder."""
    path = builds / f"{key}.lock"
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        with suppress(OSError):  # taken, or removed together with its result
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)
        time.sleep(0.1)
    raise SpecError("timed out: another synthesis runs the same build", where=str(path))


def _remove_old(builds: Path) -> None:
    """Remove what nobody uses: old results, and what killed builds left."""
    results = [path for path in builds.iterdir() if path.is_dir() and "." not in path.name]
    results.sort(key=_used, reverse=True)
    partial = [path for path in builds.iterdir() if path.is_dir() and "." in path.name]
    for old in (*results[KEPT:], *partial):
        path = builds / f"{old.name.partition('.')[0]}.lock"
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        with suppress(BlockingIOError):  # in use
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(old)
            path.unlink(missing_ok=True)
        os.close(lock)


def _used(path: Path) -> float:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return 0.0


def _remove(path: Path) -> None:
    """Remove a folder, even one whose folders a build made read-only."""
    if path.is_dir():
        for parent, folders, _ in os.walk(path):
            for name in folders:
                if not (below_it := Path(parent, name)).is_symlink():
                    below_it.chmod(0o700)
        shutil.rmtree(path, ignore_errors=True)
