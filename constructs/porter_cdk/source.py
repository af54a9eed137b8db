"""A folder of the user's that travels to the hosts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from porter.spec import SpecError


class Packed(Protocol):
    """What has a folder of its own in the payload; it is empty where `folder` is None."""

    @property
    def folder(self) -> Path | None:
        """The folder whose content is copied, or the one file that is; absolute."""

    @property
    def exclude(self) -> Sequence[str]:
        """Globs of what is left out."""


def source_folder(source: str | os.PathLike[str]) -> Path:
    """`source`, absolute: the working directory may be another at the end of synthesis.

    Raises `SpecError` where there is no such folder.
    """
    folder = Path(source).absolute()
    if not folder.is_dir():
        raise SpecError(f"{str(folder)!r} is not a folder", where="source")
    return folder


def check_exclude(exclude: Sequence[str]) -> None:
    """A list of globs. Raises `SpecError` for a string, each letter of which would be one."""
    if isinstance(exclude, str):
        raise SpecError("must be a list of globs", where="exclude", cure='write ["*.log"]')
