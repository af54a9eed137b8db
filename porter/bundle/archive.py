"""Locate the bundle and compute its digest."""

from __future__ import annotations

import hashlib
from pathlib import Path

from porter.errors import PorterError

LOCATION = Path(__file__).with_name("bundle.tar.xz")
"""The bundle's place in a wheel and in a source tree."""


def path() -> Path:
    """Return the bundle's file. Raises `PorterError` if it has not been built."""
    if not LOCATION.is_file():
        raise PorterError(
            "porter's bundle for hosts has not been built",
            where=str(LOCATION),
            cure="run `make bundle`, or install porter-cdk from a wheel",
        )
    return LOCATION


def sha256() -> str:
    """Return the bundle's SHA-256, 64 hexadecimal digits. Raises as `path` does."""
    return hashlib.sha256(path().read_bytes()).hexdigest()
