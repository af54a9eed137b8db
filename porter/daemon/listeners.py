"""Read from the kernel the addresses on which processes listen on a port."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

_TABLES = (
    (Path("/proc/self/net/tcp"), socket.AF_INET),
    (Path("/proc/self/net/tcp6"), socket.AF_INET6),
)
_LISTENING = "0A"


def listening_addresses(port: int) -> list[str]:
    """Return addresses such as `[::1]:8000`; none if the kernel does not tell (Linux only).

    Source: Documentation/networking/proc_net_tcp.rst in the Linux kernel.
    """
    found = []
    for table, family in _TABLES:
        try:
            rows = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            _, local, _, state, *_ = row.split()
            address, _, number = local.partition(":")
            if state == _LISTENING and int(number, 16) == port:
                found.append(_spelled(address, port, family))
    return sorted(set(found))


def _spelled(address: str, port: int, family: socket.AddressFamily) -> str:
    """The kernel prints the address as 32-bit words in the machine's byte order."""
    words = [bytes.fromhex(address[at : at + 8]) for at in range(0, len(address), 8)]
    packed = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    text = socket.inet_ntop(family, packed)
    return f"[{text}]:{port}" if family == socket.AF_INET6 else f"{text}:{port}"
