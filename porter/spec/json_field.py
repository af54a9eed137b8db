"""One field of a secret that is a JSON object, selected where the secret is read."""

from __future__ import annotations

import json

from porter.errors import PorterError


def field_of(text: str, field: str, name: str) -> str:
    """Return one `field` of the JSON object `text`, or all of `text` if `field` is empty.

    A string is returned as it is; a number, true or false as JSON. Raises `PorterError`, which
    names the secret `name` and quotes nothing of it.
    """
    if not field:
        return text
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise PorterError(f"{name} is not a JSON object, so it has no fields")
    if field not in found:
        raise PorterError(f"{name} has no field {field!r}", cure="names are case-sensitive")
    value = found[field]
    if isinstance(value, str) and _is_text(value):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise PorterError(f"{name}: field {field!r} must be a string, a number or a boolean")


def _is_text(value: str) -> bool:
    """JSON can hold half of a surrogate pair, which no file and no variable can hold."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
