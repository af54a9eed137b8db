"""Copy secrets for a container: files in memory, in a folder that only root can enter."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from porter.errors import PorterError
from porter.host.docker.output import NOTE

READABLE = 0o444
"""Readable for any user: outside its image, the id of a container's user is unknown."""


def copy_secrets(files: Sequence[str], folder: str) -> tuple[Path, ...]:
    """Copy root's `files` to `folder`, the unit's `RuntimeDirectory=`, and remove other files.

    A copy is replaced atomically, so a running container keeps reading the old one. Raises
    `PorterError` for a missing file: `porter-environment.service` has not written it yet.
    """
    copies = []
    for name in files:
        source, copy = Path(name), Path(folder, Path(name).name)
        try:
            content = source.read_bytes()
        except OSError as error:
            raise PorterError(f"the secret cannot be read: {error.strerror}", where=name) from error
        handle, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), READABLE)
        Path(temporary).replace(copy)
        copies.append(copy)
    there = set(Path(folder).iterdir()) if folder else set()
    for path in there - {*copies, Path(folder, NOTE)}:
        path.unlink()
    return tuple(copies)
