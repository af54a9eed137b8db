"""The one place where a port is moved: which ports a rehearsed machine really listens on."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection, Iterable

from porter.errors import PorterError

PRIVILEGED = 1024
"""Ports below this one need a privilege that a rehearsal does not have (ip(7))."""

FREE = range(20_000, 30_000)
"""Where ports move: below Linux's ephemeral ports (32768 and up), which any connection takes."""


def choose(ports: Iterable[int], taken: set[int]) -> dict[int, int]:
    """Where each port of `ports` moves: those that stay are left out.

    A port moves when it is privileged, in use on this machine, or in `taken`. The ports that the
    machine ends up with are added to `taken`, so that the next machine gets others.
    """
    wanted = tuple(ports)
    moved = {}
    for port in wanted:
        if port < PRIVILEGED or port in taken or not is_free(port):
            moved[port] = _free(taken.union(wanted))
        taken.add(moved.get(port, port))
    return moved


def is_free(port: int) -> bool:
    """Whether nothing listens on `port`, on any address of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def _free(avoid: Collection[int]) -> int:
    for port in random.sample(FREE, k=200):
        if port not in avoid and is_free(port):
            return port
    raise PorterError(
        f"no free port between {FREE.start} and {FREE.stop}", cure="end what listens on them"
    )
