"""Receive a service's notifications through `NOTIFY_SOCKET` (sd_notify(3))."""

from __future__ import annotations

import asyncio
import secrets
import socket
from types import TracebackType
from typing import Self


class Notifications(asyncio.DatagramProtocol):
    """The notification socket of one start of one service, in Linux's abstract namespace.

    An abstract name leaves no file, and is not limited to the 108 bytes of a socket's path
    (unix(7)).
    """

    def __init__(self) -> None:
        name = f"porter-machine-{secrets.token_hex(8)}"
        self.address = f"@{name}"
        self.ready = asyncio.Event()
        self.main_pid: int | None = None
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{name}")
        self._socket.settimeout(0)
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=self._socket)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - asyncio's signature
        """Record READY=1 and MAINPID=; other fields (STATUS=, STOPPING=) have no effect."""
        said = dict(line.partition("=")[::2] for line in data.decode(errors="replace").splitlines())
        if said.get("MAINPID", "").isdigit():
            self.main_pid = int(said["MAINPID"])
        if said.get("READY") == "1":
            self.ready.set()
