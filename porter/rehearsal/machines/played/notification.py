"""Receive a service's notifications through `NOTIFY_SOCKET` (sd_notify(3))."""

from __future__ import annotations

import asyncio
import secrets
import socket


class Notifications(asyncio.DatagramProtocol):
    """The notification socket of one start of one service, in Linux's abstract namespace.

    An abstract name leaves no file, and is not limited to the 108 bytes of a socket's path
    (unix(7)).
    """

    def __init__(self) -> None:
        self.address = f"@porter-machine-{secrets.token_hex(8)}"
        self.ready = asyncio.Event()
        self.main_pid: int | None = None
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        """Receive from now on."""
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        receiver.settimeout(0)
        receiver.bind(self.address.replace("@", "\0", 1))
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=receiver)

    def close(self) -> None:
        """Stop receiving. A service that sends later gets ECONNREFUSED."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - asyncio's signature
        """Record READY=1 and MAINPID=.

        Other fields (STATUS=, STOPPING=, WATCHDOG=1) have no effect: a played machine has no
        watchdog.
        """
        said = dict(line.partition("=")[::2] for line in data.decode(errors="replace").splitlines())
        if said.get("MAINPID", "").isdigit():
            self.main_pid = int(said["MAINPID"])
        if said.get("READY") == "1":
            self.ready.set()
