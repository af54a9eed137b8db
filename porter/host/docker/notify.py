"""Tells systemd how a unit of `Type=notify` is doing (sd_notify(3))."""

from __future__ import annotations

import os
import socket


def tell_systemd(what: str) -> None:
    """Send `what`, such as `READY=1`, where somebody wants to know."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            there.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
            there.send(what.encode())
