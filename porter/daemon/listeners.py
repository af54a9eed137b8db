"""Read from the kernel who listens on a port, and on which addresses."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from porter.spec.kernel_address import kernel_address, without_mapping

_TABLES = (
    (Path("/proc/self/net/tcp"), socket.AF_INET),
    (Path("/proc/self/net/tcp6"), socket.AF_INET6),
)
_LISTENING = "0A"


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket: its `address`, such as `[::1]:8000`, and the id of the `user` who has it.

    `on_loopback` says whether it can accept a connection to 127.0.0.1. porterd's unit sees the ids
    of all users because it has no user namespace.

    The kernel's tables do not show whether a listener on `[::]` is for IPv6 alone (`IPV6_V6ONLY`).
    It is if 127.0.0.1 has a listener of another kind: the kernel refuses the second one of two that
    accept the same connection, except to one user (`SO_REUSEPORT`, socket(7)).
    """

    address: str
    user: int
    on_loopback: bool


def listeners(port: int) -> list[Listener]:
    """Return who listens on `port`, in the order of the addresses; nobody without Linux."""
    found = sorted(_listening(port), key=lambda one: one.address)
    both = f"[::]:{port}"
    if any(one.on_loopback and one.address != both for one in found):
        return [replace(one, on_loopback=False) if one.address == both else one for one in found]
    return found


def _listening(port: int) -> Iterator[Listener]:
    for table, family in _TABLES:
        try:
            with table.open() as rows:
                next(rows)
                for row in rows:
                    _, local, _, state, _, _, _, user, *_ = row.split()
                    if state != _LISTENING:  # the kernel lists listening sockets first
                        break
                    address, _, number = local.partition(":")
                    if int(number, 16) == port:
                        yield _listener(address, port, family, int(user))
        except (OSError, StopIteration):
            continue


def _listener(printed: str, port: int, family: socket.AddressFamily, user: int) -> Listener:
    address = kernel_address(printed)
    plain = without_mapping(address)
    reachable = plain.is_unspecified or str(plain) == "127.0.0.1"
    # The C library's spelling of a mapped address; Python's depends on its version.
    text = socket.inet_ntop(family, address.packed)
    spelled = f"[{text}]:{port}" if family == socket.AF_INET6 else f"{text}:{port}"
    return Listener(spelled, user, reachable)
