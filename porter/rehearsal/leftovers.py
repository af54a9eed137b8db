"""The folder a rehearsal works in, and the removal of those that killed rehearsals left behind."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal import space

PREFIX = "porter-rehearsal-"
MOST = 50
"""Remains looked at by one start: it must not take long, whatever lies in TMPDIR."""

_TRIES = 5
_PATIENCE = 5.0
"""Seconds for the last of the killed processes to let go of its files."""


@contextmanager
def rehearsal_folder() -> Iterator[Path]:
    """A new folder below TMPDIR; removed when the block ends, or by the next start.

    The folder itself is locked (flock(2)) until then, and a lock ends with its process: a folder
    whose lock can be had is nobody's any more. Raises `PorterError` if none can be made, or no room
    is left.
    """
    parent = temporary()
    remove_leftovers(parent)
    folder, lock = _make(parent)
    try:
        space.require(folder)
        yield folder
    finally:
        _remove(folder)
        os.close(lock)


def temporary() -> Path:
    """Where temporary folders go. Python would silently pass over a TMPDIR that is of no use."""
    return Path(os.environ.get("TMPDIR") or tempfile.gettempdir()).absolute()


def remove_leftovers(parent: Path) -> None:
    """Remove this user's rehearsals in `parent` that no longer run; no link is followed."""
    for folder in islice(parent.glob(f"{PREFIX}*"), MOST):
        # Living, another user's, gone meanwhile, or something resists: the next start tries again.
        with suppress(OSError, PorterError):
            lock = _lock(folder)
            try:
                if os.fstat(lock).st_uid == os.geteuid():
                    _remove_machines(folder)
                    _remove(folder)
            finally:
                os.close(lock)


def living(parent: Path) -> list[Path]:
    """The folders in `parent` of this user's rehearsals that run now, newest first."""
    found = []
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another user's, or gone meanwhile
            about = folder.lstat()
            if about.st_uid == os.geteuid() and _locked(folder):
                found.append((about.st_mtime, folder))
    return [folder for _, folder in sorted(found, reverse=True)]


def name_of(folder: Path) -> str:
    """What names all that a rehearsal makes outside its folder: the folder's random end."""
    return folder.name.removeprefix(PREFIX)


def _locked(folder: Path) -> bool:
    try:
        os.close(_lock(folder))
    except BlockingIOError:
        return True
    return False


def _make(parent: Path) -> tuple[Path, int]:
    try:
        for _ in range(_TRIES):
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            # Before it is locked, another start may take it for a leftover.
            with suppress(BlockingIOError, FileNotFoundError):
                lock = _lock(folder)
                if folder.exists():
                    return folder, lock
                os.close(lock)
    except OSError as error:
        raise PorterError(
            f"cannot make a temporary folder: {error.strerror}",
            where=str(parent),
            cure="set TMPDIR to a folder that you can write to",
        ) from error
    raise PorterError("temporary folders vanish as soon as they are made", where=str(parent))


def _lock(folder: Path) -> int:
    """The open and locked folder. Raises `OSError` if it is locked, or no folder of its own."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _remove_machines(folder: Path) -> None:
    """End what was booted there: instances first, since a process keeps its namespace."""
    if os.geteuid() != 0:
        return  # only root boots
    from porter.rehearsal.instance import leftovers as instances  # noqa: PLC0415 - seldom needed
    from porter.rehearsal.vpc import leftovers as networks  # noqa: PLC0415

    name = name_of(folder)
    instances.remove(name, folder)
    networks.remove(name)


def _remove(folder: Path) -> None:
    """Remove it; what was killed a moment ago may still be writing."""
    end = time.monotonic() + _PATIENCE
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError:
            if time.monotonic() > end:
                raise
            _make_writable(folder)
            time.sleep(0.05)


def _make_writable(folder: Path) -> None:
    """Nothing can be removed from the copy of a read-only folder."""
    for parent, names, _ in os.walk(folder):
        for name in names:
            below = Path(parent, name)
            if not below.is_symlink():
                with suppress(OSError):
                    below.chmod(0o700)
