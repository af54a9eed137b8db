"""Ask the kernel which user is at the other end of a loopback connection (sock_diag(7))."""

from __future__ import annotations

import socket
import struct

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_ALL_STATES = 0xFFFFFFFF
_NO_COOKIE = b"\xff" * 8
_HEADER = struct.Struct("=IHHII")
_QUESTION = struct.Struct("=BBBBI")
_ENDS = struct.Struct("!HH16s16s")
_USER = struct.Struct("=I")
_USER_AT = _HEADER.size + 4 + 48 + 12
"""`idiag_uid` in an answer: after the header, four bytes, the socket's id, and three counters."""

Address = tuple[str, int]


class Peers:
    """Names the users of connections. One question takes 20 us; /proc/net/tcp takes 1 to 40 ms."""

    def __init__(self) -> None:
        self._kernel: socket.socket | None = None
        try:
            kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
            self._kernel = socket.socket(socket.AF_NETLINK, kind, _NETLINK_SOCK_DIAG)
            self._kernel.settimeout(1)
            self._kernel.connect((0, 0))
        except OSError:  # a kernel without sock_diag: the address must do
            self._kernel = None

    def user(self, client: Address, server: Address) -> str:
        """Return the user of `client`, as in `user 998`; else, as for a container, its address."""
        found = self._ask(client, server)
        return client[0] if found is None else f"user {found}"

    def _ask(self, client: Address, server: Address) -> int | None:
        if self._kernel is None:
            return None
        ends = _ENDS.pack(client[1], server[1], _packed(client), _packed(server))
        question = _QUESTION.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0, _ALL_STATES)
        message = question + ends + struct.pack("=I", 0) + _NO_COOKIE
        size = _HEADER.size + len(message)
        header = _HEADER.pack(size, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 0, 0)
        try:
            self._kernel.send(header + message)
            answer = self._kernel.recv(8192)
        except OSError:
            return None
        _, kind, *_ = _HEADER.unpack_from(answer)
        if kind != _SOCK_DIAG_BY_FAMILY:  # no such socket on this host
            return None
        found: int = _USER.unpack_from(answer, _USER_AT)[0]
        return found


def _packed(address: Address) -> bytes:
    return socket.inet_aton(address[0])
