"""Unpack an archive below a folder, on Pythons whose `tarfile` cannot hold names there, too."""

import tarfile
from pathlib import Path


def unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Unpack `archive` into `folder`: files, folders and symbolic links, owned by this process.

    Raises `tarfile.TarError` for a name, or a link, that leads out of `folder`. `extractall` has
    `filter=` since Python 3.11.4 (its documentation); Debian 12 has 3.11.2.
    """
    root = folder.resolve()
    archive.extraction_filter = getattr(tarfile, "data_filter", None)
    for member in archive:
        target = root / member.name
        inside = [target, target.parent / member.linkname] if member.issym() else [target]
        kind = member.isreg() or member.isdir() or member.issym()
        if not kind or not all(path.resolve().is_relative_to(root) for path in inside):
            raise tarfile.ExtractError(f"{member.name!r} would be outside of the folder")
        archive.extract(member, root)
