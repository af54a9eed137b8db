"""Pack the payload. Equal specifications and files always give equal bytes."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from porter.packing.build import Built
from porter.packing.files import IGNORED, below
from porter.spec import HostSpec, SpecError, dumps

NAME = "payload.tar.xz"
IMAGE = "image.tar"
"""The file name of a container's image in its folder."""

MOST_BYTES: Final = 1 << 30
"""The largest sum of the files' sizes. A host holds the archive in memory while it unpacks."""

_FAST: Final = 2
"""A preset of xz that is nearly as fast as gzip and gives the same bytes in all versions."""


class Packed(Protocol):
    """Anything with a folder in the payload. The folder is empty if `folder` is None."""

    @property
    def folder(self) -> Path | None:
        """The absolute path of the folder, or of the one file, to copy."""

    @property
    def exclude(self) -> Sequence[str]:
        """Globs of files to leave out."""

    @property
    def built(self) -> Built | None:
        """The result of the commands that prepare the folder, once they ran."""


def write(target: Path, spec: HostSpec, parts: Mapping[str, Packed]) -> str:
    """Write the archive to `target` and return the SHA-256 of its bytes.

    The archive has `spec` as `host.json`, and a folder for each name in `parts` (`workloads/web`).
    A part that is one file becomes `IMAGE` in its folder. Entries are sorted and have no times or
    owners; their modes are 0755 or 0644. Raises `SpecError` for a link that leaves its folder.
    """
    files = {name: list(_files(part)) for name, part in parts.items()}
    _check_size(files)
    with tarfile.open(target, "w:xz", format=tarfile.PAX_FORMAT, preset=_FAST) as archive:
        _add_bytes(archive, "host.json", dumps(spec).encode())
        for name in sorted(parts):
            _add_folder(archive, name)
            for new, folder, relative in files[name]:
                _add(archive, folder, relative, f"{name}/{new}")
    return hashlib.sha256(target.read_bytes()).hexdigest()


def _files(part: Packed) -> Iterator[tuple[str, Path, str]]:
    """Yield names in the part, parents before children; each with a folder and the path there."""
    folder, ignored = part.folder, (*IGNORED, *part.exclude)
    if folder and folder.is_file():
        yield IMAGE, folder.parent, folder.name
    elif folder and part.built:
        yield from (
            (name, layer, name) for name, layer in sorted(part.built.layers(folder, ignored))
        )
    elif folder:
        yield from ((name, folder, name) for name in below(folder, ignored))


def _check_size(parts: Mapping[str, list[tuple[str, Path, str]]]) -> None:
    """Raise `SpecError` with the ten largest files if their sum is above `MOST_BYTES`."""
    sizes = [
        ((folder / relative).lstat().st_size, f"{part}/{name}")
        for part, files in parts.items()
        for name, folder, relative in files
    ]
    total = sum(size for size, _ in sizes)
    if total > MOST_BYTES:
        largest = "".join(
            f"\n    {megabytes(size)} {name}" for size, name in sorted(sizes)[:-11:-1]
        )
        raise SpecError(
            f"has {megabytes(total)} of files, and at most {megabytes(MOST_BYTES)} are allowed. "
            f"The largest:{largest}",
            where="payload",
            cure="leave files out with exclude=, or let the program fetch them from S3",
        )


def megabytes(size: int) -> str:
    """Return `size` bytes for people, in MB of 1,000,000 bytes."""
    return f"{size / 1e6:,.1f} MB"


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
