"""A folder that the payload carries to the hosts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from porter.spec import SpecError


class Packed(Protocol):
    """Anything with a folder in the payload. The folder is empty if `folder` is None."""

    @property
    def folder(self) -> Path | None:
        """The absolute path of the folder, or of the one file, to copy."""

    @property
    def exclude(self) -> Sequence[str]:
        """Globs of files to leave out."""


def source_folder(source: str | os.PathLike[str]) -> Path:
    """Return the absolute path of `source`: the working directory may change before it is packed.

    Raises `SpecError` if there is no such folder.
    """
    folder = Path(source).absolute()
    if not folder.is_dir():
        raise SpecError(f"{str(folder)!r} is not a folder", where="source")
    return folder


def check_exclude(exclude: Sequence[str]) -> None:
    """Raise `SpecError` for a string, whose letters would each be a glob."""
    if isinstance(exclude, str):
        raise SpecError("must be a list of globs", where="exclude", cure='write ["*.log"]')
