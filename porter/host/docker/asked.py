"""SIGTERM as an exception, for who has to end first what Docker runs for it."""

from __future__ import annotations

import signal
from types import FrameType


class Asked(BaseException):
    """To end, by SIGTERM."""


def listen() -> None:
    """Raise `Asked` at the first SIGTERM, and ignore the others."""
    signal.signal(signal.SIGTERM, _on_term)


def _on_term(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
    raise Asked
