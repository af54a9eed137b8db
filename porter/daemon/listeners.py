"""Read from the kernel who listens on a port, and on which addresses."""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
    """

    address: str
    user: int
    on_loopback: bool


def listeners(port: int) -> list[Listener]:
    """Return who listens on `port`, in the order of the addresses; nobody without Linux."""
    return sorted(_listening(port), key=lambda one: one.address)


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


def _listener(address: str, port: int, family: socket.AddressFamily, user: int) -> Listener:
    """The kernel prints the address as 32-bit words in the machine's byte order."""
    words = [bytes.fromhex(address[at : at + 8]) for at in range(0, len(address), 8)]
    packed = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    text = socket.inet_ntop(family, packed)
    plain = ipaddress.ip_address(packed)
    plain = getattr(plain, "ipv4_mapped", None) or plain
    reachable = plain.is_unspecified or str(plain) == "127.0.0.1"
    spelled = f"[{text}]:{port}" if family == socket.AF_INET6 else f"{text}:{port}"
    return Listener(spelled, user, reachable)
