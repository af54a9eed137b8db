"""Ends this process as one in a container ended, so that systemd and porterd tell the same."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

_KILLED = 128
"""Added to a signal's number, it is the exit code of who was killed by it."""

_STOPS = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
"""Signals of which nobody ends: sent to itself, this process would stand still for ever."""


def end_like(code: int) -> NoReturn:
    """End with `code`, or by the signal that it stands for."""
    number = code - _KILLED
    # Other codes are a program's own, 255 above all.
    if number in signal.valid_signals() - _STOPS:
        signal.signal(number, signal.SIG_DFL) if number != signal.SIGKILL else None
        os.kill(os.getpid(), number)
    sys.exit(code)
