"""How a process that stands for a container starts and ends, as systemd sees it."""

from __future__ import annotations

import os
import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

_KILLED = 128
"""The exit code of a process that a signal killed is this number plus the signal's."""

_STOPS = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
"""Signals that stop a process without ending it."""


class Terminated(BaseException):
    """SIGTERM was received."""


def raise_on_sigterm() -> None:
    """Raise `Terminated` on the first SIGTERM, and ignore later ones."""
    signal.signal(signal.SIGTERM, _on_term)


def tell_systemd(what: str) -> None:
    """Send `what`, such as `READY=1`, to systemd (sd_notify(3)), if it started this process."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            there.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
            there.send(what.encode())


def end_like(code: int) -> NoReturn:
    """End with the exit code `code`, or by the signal that it stands for."""
    number = code - _KILLED
    # Other codes above 128, such as 255, are the program's own.
    if number in signal.valid_signals() - _STOPS:
        signal.signal(number, signal.SIG_DFL) if number != signal.SIGKILL else None
        os.kill(os.getpid(), number)
    sys.exit(code)


def _on_term(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # ignore later ones
    raise Terminated
