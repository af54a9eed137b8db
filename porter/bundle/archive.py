"""Where the bundle is, and what its digest is."""

from __future__ import annotations

import hashlib
from pathlib import Path

from porter.errors import PorterError

LOCATION = Path(__file__).with_name("bundle.tar.xz")
"""The bundle's place in a wheel and in a source tree alike."""


def path() -> Path:
    """The bundle's file. Raises `PorterError` where nobody has built it yet."""
    if not LOCATION.is_file():
        raise PorterError(
            "porter's bundle for hosts has not been built",
            where=str(LOCATION),
            cure="run `make bundle`, or install porter-cdk from a wheel",
        )
    return LOCATION


def sha256() -> str:
    """The SHA-256 of the bundle's bytes, 64 hexadecimal digits. Raises as `path` does."""
    return hashlib.sha256(path().read_bytes()).hexdigest()
