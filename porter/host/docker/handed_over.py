"""The files of secrets as a container gets them: in memory, in a folder that only root enters."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from porter.errors import PorterError
from porter.host.docker.output import NOTE

READABLE = 0o444
"""For whoever the container's user is: by its name alone nobody outside its image knows it."""


def hand_over(files: Sequence[str], folder: str) -> tuple[Path, ...]:
    """Copies of root's `files` in `folder`, the unit's own (`RuntimeDirectory=`), and no others.

    Each replaces an earlier one at once: a container that has that one goes on reading it. Raises
    `PorterError` for one that is not there, as before `porter-environment.service` has succeeded.
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
