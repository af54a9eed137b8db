"""Read a number from a request's query."""

from __future__ import annotations

from flask import request

from porter.daemon.refused import Refused

_DIGITS = 15


def number(name: str, longest: int, default: int = 0, also: str = "") -> int:
    """Return the parameter `name` of the request, from 0 to `longest`. Raises `Refused`.

    `also` names another value that the caller understands.
    """
    said = request.args.get(name, str(default))
    if said.isascii() and said.isdigit() and len(said) <= _DIGITS and int(said) <= longest:
        return int(said)
    raise invalid(f"{name}: must be a number from 0 to {longest}{f' or {also}' if also else ''}")


def invalid(message: str) -> Refused:
    """Return the refusal of a parameter; `message` begins with its name."""
    return Refused(400, "InvalidParameter", message)
