"""Parse the moved ports of `--map-port` and `PORTER_PORTS`."""

from __future__ import annotations

import re

from porter.errors import PorterError

_PAIR = re.compile(r"(\d{1,5})[:=](\d{1,5})")


def parse_ports(text: str) -> dict[int, int]:
    """Return the ports on this host by the port in the specification.

    `text` holds pairs, separated by blanks: `80=8080 8000=8001` or `80:8080`. Raises `PorterError`
    for anything else, and for a port that is moved twice.
    """
    moved: dict[int, int] = {}
    for pair in text.split():
        found = _PAIR.fullmatch(pair)
        if not found:
            raise PorterError(
                f"{pair!r} does not move a port", where="PORTER_PORTS", cure="write 80=8080"
            )
        source, target = int(found[1]), int(found[2])
        if source in moved:
            raise PorterError(f"port {source} is moved twice", where="PORTER_PORTS")
        moved[source] = target
    return moved
