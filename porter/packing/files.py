"""Walk the files of a folder, in one order everywhere, and hash them."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from porter.spec import SpecError

IGNORED = ("__pycache__", "*.pyc", ".git", ".DS_Store", ".venv", "cdk.out")
"""Globs that are never packed: by-products of other programs."""


def below(folder: Path, ignored: Collection[str]) -> list[str]:
    """Return the paths of files and folders below `folder`, sorted, parents before children."""
    found = []
    for parent, folders, files in os.walk(folder):
        at = PurePosixPath(Path(parent).relative_to(folder).as_posix())
        folders[:] = [name for name in folders if not matches(at / name, ignored)]
        kept = [name for name in files if not matches(at / name, ignored)]
        found += [(at / name).as_posix() for name in (*folders, *kept)]
    return sorted(found)


def matches(path: PurePosixPath, globs: Collection[str]) -> bool:
    """Return whether the name of `path`, or all of it, matches one of `globs`."""
    return any(fnmatchcase(path.name, glob) or fnmatchcase(path.as_posix(), glob) for glob in globs)


def digest(folder: Path, files: Iterable[str]) -> str:
    """Return a SHA-256 of names, kinds, executable bits and contents. Times make no difference.

    Raises `SpecError` for a socket, a pipe or a device.
    """
    total = hashlib.sha256()
    for name in sorted(files):
        path = folder / name
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            kind, content = "link", os.fsencode(path.readlink())
        elif stat.S_ISDIR(mode):
            kind, content = "folder", b""
        elif not stat.S_ISREG(mode):
            raise SpecError("is not a file, folder or link", where=str(path), cure="remove it")
        else:
            kind, content = "program" if mode & stat.S_IXUSR else "file", path.read_bytes()
        total.update(f"{kind} {name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def copy(folder: Path, files: Iterable[str], target: Path) -> None:
    """Copy `files` of `folder` into the folder `target`; links stay links."""
    for name in sorted(files):
        path, new = folder / name, target / name
        if path.is_dir() and not path.is_symlink():
            new.mkdir(parents=True, exist_ok=True)
        else:
            new.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, new, follow_symlinks=False)
