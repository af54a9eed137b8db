"""Checks shared by the spec types: each raises `SpecError` naming the field."""

from __future__ import annotations

import re

from porter.errors import SpecError

_NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def refuse(field: str, problem: str, *, cure: str = "") -> SpecError:
    """Return the error for `field`; the caller raises it."""
    return SpecError(problem, where=field, cure=cure)


def check_bool(field: str, value: object) -> None:
    """Check for true or false; a string is neither."""
    if not isinstance(value, bool):
        raise refuse(field, f"must be true or false, got {value!r}")


def check_whole(field: str, value: object) -> int:
    """Return `value` if it is a whole number; a bool is not one, nor is `"8000"`."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise refuse(field, f"must be a whole number, got {value!r}")
    return value


def check_integer(field: str, value: object, low: int, high: int) -> None:
    """Check for a whole number within `low`-`high`."""
    if not low <= check_whole(field, value) <= high:
        raise refuse(field, f"must be {low}-{high}, got {value}")


def check_port(field: str, value: object) -> None:
    """Check for a TCP port, 1-65535."""
    check_integer(field, value, 1, 65535)


def check_seconds(field: str, value: object, low: float, high: float) -> None:
    """Check for a duration in seconds within `low`-`high`."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise refuse(field, f"must be a number of seconds, got {value!r}")
    if not low <= value <= high:
        raise refuse(field, f"must be {low:g}-{high:g} seconds, got {value:g}")


def check_name(field: str, value: object) -> None:
    """Check for a name that suits a systemd unit, an HAProxy section and a file, 1-40 long."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise refuse(
            field,
            f"must be lower-case letters, digits and dashes, at most 40, got {value!r}",
        )


def check_one_line(field: str, value: object) -> None:
    """Check for a non-empty string without control characters."""
    if not isinstance(value, str) or not value:
        raise refuse(field, f"must be a non-empty string, got {value!r}")
    if _CONTROL.search(value):
        raise refuse(field, f"must not contain control characters, got {value!r}")


def check_sha256(field: str, value: object) -> None:
    """Check for a SHA-256 digest, 64 lower-case hexadecimal digits."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise refuse(field, f"must be 64 lower-case hexadecimal digits, got {value!r}")
