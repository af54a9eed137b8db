"""The folder a rehearsal works in: locked while the rehearsal runs, removed when it ends."""

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
"""Seconds for killed processes to stop writing."""


@contextmanager
def locked_folder() -> Iterator[Path]:
    """Make a folder below TMPDIR; it is removed when the block ends, or by the next rehearsal.

    The folder is locked (flock(2)) meanwhile. A lock ends with its process, so a folder that can be
    locked is abandoned. Raises `PorterError` if TMPDIR is unusable, or its disk is full.
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
    """Lock `folder`, and return whether it is this user's.

    Raises `OSError` if the folder is locked by a running rehearsal, missing, or a link.
    """
    lock = _lock(folder)
    try:
        yield os.fstat(lock).st_uid == os.geteuid()
    finally:
        os.close(lock)


def temporary() -> Path:
    """Return TMPDIR; unlike `tempfile`, do not fall back if it is unusable."""
    return Path(os.environ.get("TMPDIR") or tempfile.gettempdir()).absolute()


def rehearsals_in(parent: Path) -> list[Path]:
    """Return the folders of rehearsals in `parent`; none if `parent` cannot be listed."""
    with suppress(OSError):
        return [Path(entry) for entry in os.scandir(parent) if entry.name.startswith(PREFIX)]
    return []


def running_folders(parent: Path) -> list[Path]:
    """Return the folders in `parent` of this user's running rehearsals, newest first."""
    found = []
    for folder in rehearsals_in(parent):
        with suppress(OSError):  # another user's, or removed meanwhile
            about = folder.lstat()
            if about.st_uid == os.geteuid() and _locked(folder):
                found.append((about.st_mtime, folder))
    return [folder for _, folder in sorted(found, reverse=True)]


def name_of(folder: Path) -> str:
    """Return the name of what a rehearsal makes outside its folder: the folder's random suffix."""
    return folder.name.removeprefix(PREFIX)


def remove(folder: Path) -> None:
    """Remove `folder`; retry while killed processes are still writing."""
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
            # Until it is locked, another rehearsal's start may remove it as abandoned.
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
    raise PorterError("temporary folders are removed as soon as they are made", where=str(parent))


def _lock(folder: Path) -> int:
    """Open and lock `folder`. Raises `OSError` if it is locked, or not a folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _make_writable(folder: Path) -> None:
    """Make folders writable: a copy of a read-only folder cannot be removed."""
    for parent, names, _ in os.walk(folder):
        for name in names:
            below = Path(parent, name)
            if not below.is_symlink():
                with suppress(OSError):
                    below.chmod(0o700)
