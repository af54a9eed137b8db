"""Create sockets inside a network namespace, from a process that stays outside.

A socket belongs to the namespace in which it was created (network_namespaces(7)). setns(2) moves
only the calling thread, which enters, creates the socket, and returns.
"""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from porter.rehearsal.local.interruption import held_back

NAMESPACES = Path("/run/netns")
"""The folder where ip-netns(8) keeps namespaces by name."""

_CLONE_NEWNET = 0x40000000
_BACKLOG = 64
_libc = ctypes.CDLL(None, use_errno=True)


def connect(namespace: str, address: tuple[str, int], timeout: float) -> socket.socket:
    """Connect by TCP inside `namespace`; `timeout` in seconds. Raises `OSError`."""
    connection = create(namespace, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


def listen(namespace: str, address: tuple[str, int]) -> socket.socket:
    """Listen for TCP inside `namespace`. Raises `OSError`."""
    listener = create(namespace, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def create(namespace: str, kind: socket.SocketKind) -> socket.socket:
    """Create an unbound IPv4 socket in `namespace`. Raises `OSError`."""
    with held_back(), _inside(namespace):
        return socket.socket(socket.AF_INET, kind)


@contextmanager
def _inside(namespace: str) -> Iterator[None]:
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        there = os.open(NAMESPACES / namespace, os.O_RDONLY)
        try:
            _enter(there)
        finally:
            os.close(there)
        try:
            yield
        finally:
            _return(here)
    finally:
        os.close(here)


def _return(here: int) -> None:
    try:
        _enter(here)
    except OSError:
        # Abort: a thread that stays in another network would silently work there.
        os.abort()


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
