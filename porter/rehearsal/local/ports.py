"""Decide which ports a played machine really listens on: the one place where ports move."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection, Iterable

from porter.errors import PorterError
from porter.rehearsal.local.claims import Claims

PRIVILEGED = 1024
"""Ports below this need a privilege that a rehearsal lacks (ip(7))."""

FREE = range(20_000, 30_000)
"""Where ports move: below Linux's ephemeral ports (32768 and up), which connections use."""


def choose(ports: Iterable[int], taken: set[int], claims: Claims) -> dict[int, int]:
    """Return where each port of `ports` moves; ports that stay are left out.

    A port moves if it is privileged, in use on this computer, in `taken`, or claimed by another
    rehearsal. The resulting ports are claimed, and added to `taken`: the next machine gets others.
    """
    wanted = tuple(ports)
    moved = {}
    for port in wanted:
        if port < PRIVILEGED or port in taken or not (is_free(port) and claims.claim(port)):
            moved[port] = _free(taken.union(wanted), claims)
        taken.add(moved.get(port, port))
    return moved


def is_free(port: int) -> bool:
    """Whether `port` is free on every address of this computer."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def _free(avoid: Collection[int], claims: Claims) -> int:
    for port in random.sample(FREE, k=200):
        if port not in avoid and is_free(port) and claims.claim(port):
            return port
    raise PorterError(
        f"no free port between {FREE.start} and {FREE.stop}", cure="stop programs that listen there"
    )
