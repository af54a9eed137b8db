"""The parts of DNS and DHCP clients that tests need."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from dataclasses import dataclass

from porter.rehearsal.machines.vpc.namespace import create

A, AAAA = 1, 28
NO_ERROR, NAME_ERROR = 0, 3
"""Response codes (RFC 1035, 4.1.1)."""

_DISCOVER, _OFFER, _REQUEST, _ACK = 1, 2, 3, 5
_TRIES = 6
"""A client sends again what is not answered (RFC 2131, 4.1)."""

_COOKIE = b"\x63\x82\x53\x63"
_BROADCAST = 0x8000


@dataclass(frozen=True)
class Reply:
    """A resolver's answer: its code, and the address, if any."""

    code: int
    address: str | None


def resolve(namespace: str, name: str, kind: int = A, timeout: float = 2) -> Reply:
    """Send one request to the network's resolver. Raises `TimeoutError`."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    question = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + labels + struct.pack(">x2H", kind, 1)
    with create(namespace, socket.SOCK_DGRAM) as asking:
        asking.settimeout(timeout)
        asking.sendto(question, ("10.77.0.1", 53))
        answer = asking.recv(1500)
    (answers,) = struct.unpack(">H", answer[6:8])
    return Reply(answer[3] & 15, socket.inet_ntoa(answer[-4:]) if answers else None)


def lease(namespace: str, mac: str) -> tuple[str, dict[int, bytes]]:
    """Request a lease by RFC 2131; return the address and the options."""
    with create(namespace, socket.SOCK_DGRAM) as asking:
        asking.settimeout(20)  # dnsmasq first pings an address, for 3 s or more
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
        asking.bind(("0.0.0.0", 68))
        offered, options = _exchange(asking, mac, _DISCOVER, b"")
        wanted = b"\x32\x04" + socket.inet_aton(offered) + b"\x36\x04" + options[54]
        return _exchange(asking, mac, _REQUEST, wanted)


def _exchange(
    asking: socket.socket, mac: str, kind: int, more: bytes
) -> tuple[str, dict[int, bytes]]:
    hardware = bytes.fromhex(mac.replace(":", "")).ljust(16, b"\0")
    head = struct.pack(">4BIHH16x", 1, 1, 6, 0, 7, 0, _BROADCAST) + hardware + bytes(192)
    message = head + _COOKIE + bytes([53, 1, kind]) + more + b"\xff"
    for _ in range(_TRIES):
        asking.sendto(message, ("255.255.255.255", 67))
        with suppress(TimeoutError):
            answer = asking.recv(1500)
            options = _options(answer)
            if options[53] == bytes([_OFFER if kind == _DISCOVER else _ACK]):
                return socket.inet_ntoa(answer[16:20]), options
    raise TimeoutError(f"{_TRIES} requests for a lease were not answered")


def _options(answer: bytes) -> dict[int, bytes]:
    options, at = {}, 240
    while answer[at] != 255:
        length = answer[at + 1]
        options[answer[at]] = answer[at + 2 : at + 2 + length]
        at += 2 + length
    return options
