"""systemd's watchdog: the gate says how long its next step may take (sd_notify(3))."""

from __future__ import annotations

import logging
import os
import socket

_log = logging.getLogger(__name__)


def beat(seconds: float) -> None:
    """Tell systemd that the gate runs, and to restart porterd without a beat in `seconds`.

    Without systemd do nothing.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    text = f"WATCHDOG_USEC={round(seconds * 1_000_000)}\nWATCHDOG=1"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            # An @ stands for the NUL of an abstract name.
            sender.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
            sender.send(text.encode(), socket.MSG_DONTWAIT)
    except OSError as error:
        _log.warning("systemd's watchdog: %s", error.strerror)
