"""This process as systemd sees it: it stands for one in a container, from its start to its end."""

from __future__ import annotations

import os
import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

_KILLED = 128
"""Added to a signal's number, it is the exit code of who was killed by it."""

_STOPS = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
"""Signals of which nobody ends: sent to itself, this process would stand still for ever."""


class Asked(BaseException):
    """To end, by SIGTERM."""


def listen() -> None:
    """Raise `Asked` at the first SIGTERM, and ignore the others."""
    signal.signal(signal.SIGTERM, _on_term)


def tell_systemd(what: str) -> None:
    """Send `what`, such as `READY=1`, where somebody wants to know."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            there.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
            there.send(what.encode())


def end_like(code: int) -> NoReturn:
    """End with `code`, or by the signal that it stands for."""
    number = code - _KILLED
    # Other codes are a program's own, 255 above all.
    if number in signal.valid_signals() - _STOPS:
        signal.signal(number, signal.SIG_DFL) if number != signal.SIGKILL else None
        os.kill(os.getpid(), number)
    sys.exit(code)


def _on_term(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
    raise Asked
