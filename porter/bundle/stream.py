"""Turn files into compressed tar blocks: equal names and contents give equal bytes."""

from __future__ import annotations

import lzma
import tarfile
from collections.abc import Mapping
from pathlib import PurePosixPath

_EPOCH = 315_532_800
"""1980-01-01 in seconds: for 1970, GNU tar warns of an "implausibly old" time."""

END = lzma.compress(bytes(2 * tarfile.BLOCKSIZE))
"""The end of an archive as a separate stream, so that the blocks before it can be concatenated."""


def compress(files: Mapping[str, bytes]) -> bytes:
    """Return one xz stream of tar blocks for `files` (path: content), without the archive's end.

    Folders are included, so that every user can read them, whatever program unpacks them.
    Preset 6 unpacks with 9 MB of memory; 9 needs 65 MB and saves 0.1% (measured).
    """
    blocks = [_folder(name) for name in sorted(_folders(files))]
    blocks += [_file(name, files[name]) for name in sorted(files)]
    return lzma.compress(b"".join(blocks), preset=6 | lzma.PRESET_EXTREME)


def _folders(files: Mapping[str, bytes]) -> set[str]:
    parents = {str(parent) for name in files for parent in PurePosixPath(name).parents}
    return parents - {"."}


def _folder(name: str) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime = tarfile.DIRTYPE, 0o755, _EPOCH
    return info.tobuf(tarfile.USTAR_FORMAT)


def _file(name: str, content: bytes) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = len(content), 0o644, _EPOCH
    padding = bytes(-len(content) % tarfile.BLOCKSIZE)
    return info.tobuf(tarfile.USTAR_FORMAT) + content + padding
