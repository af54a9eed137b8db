"""The folder a rehearsal works in: locked while the rehearsal lives, and removed when it ends."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.local import space

PREFIX = "porter-rehearsal-"
_TRIES = 5
_PATIENCE = 5.0
"""Seconds for the last of the killed processes to let go of its files."""


@contextmanager
def locked_folder() -> Iterator[Path]:
    """A new folder below TMPDIR; removed when the block ends, or by the next rehearsal.

    The folder itself is locked (flock(2)) until then, and a lock ends with its process: a folder
    whose lock can be had is nobody's any more. Raises `PorterError` if none can be made, or no room
    is left.
    """
    folder, lock = _make(temporary())
    try:
        space.require(folder)
        yield folder
    finally:
        remove(folder)
        os.close(lock)


@contextmanager
def abandoned(folder: Path) -> Iterator[bool]:
    """Whether this user's `folder` has no living rehearsal; nobody else gets it within the block.

    Raises `OSError` if it is locked, gone, or a link.
    """
    lock = _lock(folder)
    try:
        yield os.fstat(lock).st_uid == os.geteuid()
    finally:
        os.close(lock)


def temporary() -> Path:
    """Where temporary folders go. Python would silently pass over a TMPDIR that is of no use."""
    return Path(os.environ.get("TMPDIR") or tempfile.gettempdir()).absolute()


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


def remove(folder: Path) -> None:
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


def _make_writable(folder: Path) -> None:
    """Nothing can be removed from the copy of a read-only folder."""
    for parent, names, _ in os.walk(folder):
        for name in names:
            below = Path(parent, name)
            if not below.is_symlink():
                with suppress(OSError):
                    below.chmod(0o700)
