"""Choose ports for servers of tests."""

import itertools
import random
import socket
from collections.abc import Iterator
from functools import cache

from porter.rehearsal.local.ports import is_free

_LANE = 250
_LANES = range(10_000, 20_000, _LANE)
"""Neither connections nor rehearsals use these ports."""


_held: list[socket.socket] = []


@cache
def _ports() -> Iterator[int]:
    """Return the ports of one lane, over and over; no other process of the tests uses that lane.

    A port that is free for a moment, while a test restarts its server, stays that server's. The
    lane is held by an abstract socket (unix(7)), which ends with this process.
    """
    for first in random.SystemRandom().sample(_LANES, k=len(_LANES)):
        lane = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            lane.bind(f"\0porter-tests-ports-{first}")
        except OSError:
            lane.close()
            continue
        _held.append(lane)
        return itertools.cycle(range(first, first + _LANE))
    raise RuntimeError("every lane of ports has its process")


def free_port() -> int:
    """Return a port on which nothing listens."""
    return next(port for port in _ports() if is_free(port))
