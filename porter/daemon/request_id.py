"""Ids by which a request is found in the access log (ADR 0043)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable

HEADER = "X-Request-Id"

_VALID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def id_of(headers: Iterable[tuple[str, str]]) -> str:
    """Return the valid id in `headers`, whose names are in capitals; else a new one."""
    given = next((value for name, value in headers if name == HEADER.upper()), "")
    return given if _VALID.fullmatch(given) else new_id()


def new_id() -> str:
    """Return 16 random digits."""
    return secrets.token_hex(8)
