"""Pack the payload. Equal specifications and files always give equal bytes."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from porter.spec import HostSpec, SpecError, dumps
from porter_cdk.program import Packed

NAME = "payload.tar.xz"
IMAGE = "image.tar"
"""The file name of a container's image in its folder."""

IGNORED = ("__pycache__", "*.pyc", ".git", ".DS_Store", ".venv", "cdk.out")
"""Globs that are never packed: by-products of other programs."""

_FAST: Final = 2
"""A preset of xz that is nearly as fast as gzip and gives the same bytes in all versions."""


def write(target: Path, spec: HostSpec, parts: Mapping[str, Packed]) -> str:
    """Write the archive to `target` and return the SHA-256 of its bytes.

    The archive has `spec` as `host.json`, and a folder for each name in `parts` (`workloads/web`).
    A part that is one file becomes `IMAGE` in its folder. Entries are sorted and have no times or
    owners; their modes are 0755 or 0644. Raises `SpecError` for a link that leaves its folder.
    """
    with tarfile.open(target, "w:xz", format=tarfile.PAX_FORMAT, preset=_FAST) as archive:
        _add_bytes(archive, "host.json", dumps(spec).encode())
        for name in sorted(parts):
            _add_folder(archive, name)
            folder = parts[name].folder
            if folder and folder.is_file():
                _add(archive, folder.parent, folder.name, f"{name}/{IMAGE}")
            elif folder:
                for relative in _files(folder, (*IGNORED, *parts[name].exclude)):
                    _add(archive, folder, relative, f"{name}/{relative}")
    return hashlib.sha256(target.read_bytes()).hexdigest()


def _files(folder: Path, ignored: tuple[str, ...]) -> Iterator[str]:
    """Yield the paths below `folder`, sorted, parents before children."""
    found = []
    for parent, folders, files in os.walk(folder):
        below = Path(parent).relative_to(folder)
        folders[:] = [name for name in folders if not _matches(below / name, ignored)]
        kept = [name for name in files if not _matches(below / name, ignored)]
        found += [(below / name).as_posix() for name in (*folders, *kept)]
    yield from sorted(found)


def _matches(path: Path, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path.name, glob) or fnmatchcase(path.as_posix(), glob) for glob in globs)


def _add(archive: tarfile.TarFile, folder: Path, relative: str, name: str) -> None:
    path = folder / relative
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        _add_link(archive, folder, relative, name)
    elif stat.S_ISDIR(mode):
        _add_folder(archive, name)
    elif stat.S_ISREG(mode):
        _add_bytes(archive, name, path.read_bytes(), executable=bool(mode & stat.S_IXUSR))
    else:
        raise SpecError("is not a file, folder or link", where=str(path), cure="add it to exclude=")


def _add_bytes(
    archive: tarfile.TarFile, name: str, content: bytes, *, executable: bool = False
) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mode = 0o755 if executable else 0o644
    archive.addfile(member, io.BytesIO(content))


def _add_folder(archive: tarfile.TarFile, name: str) -> None:
    member = tarfile.TarInfo(name)
    member.type = tarfile.DIRTYPE
    member.mode = 0o755
    archive.addfile(member)


def _add_link(archive: tarfile.TarFile, folder: Path, relative: str, name: str) -> None:
    path = folder / relative
    target = path.readlink()
    landing = os.path.normpath(Path(relative).parent / target)
    # By name, because the host unpacks to another folder. By file, because a link may name a link.
    if landing.startswith(("..", "/")) or not path.resolve().is_relative_to(folder.resolve()):
        raise SpecError(
            f"links to {str(target)!r}, outside the service's folder",
            where=str(path),
            cure="add it to exclude=, or replace the link with a copy",
        )
    member = tarfile.TarInfo(name)
    member.type = tarfile.SYMTYPE
    member.linkname = target.as_posix()
    archive.addfile(member)
