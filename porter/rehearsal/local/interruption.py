"""Turn the first signal that asks a rehearsal to end into an exception, at a safe point."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_Handler = Callable[[int, FrameType | None], Any] | signal.Handlers


class Interrupted(BaseException):
    """`signal_number` arrived; the exit code is 128 more, by the shell's convention."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.exit_code = 128 + signal_number


@contextmanager
def interruptible() -> Iterator[None]:
    """Within the block (main thread only) the first signal raises `Interrupted`.

    Signals are SIGINT, SIGTERM and SIGHUP, except those that are ignored already, as by nohup(1).
    """
    raised = False

    def raise_once(number: int, _frame: FrameType | None) -> None:
        nonlocal raised
        if not raised:
            raised = True
            raise Interrupted(number)

    with _handled_by(raise_once):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore signals within the block: clean-up must finish."""
    with _handled_by(signal.SIG_IGN):
        yield


@contextmanager
def held_back() -> Iterator[None]:
    """Delay signals until the block ends: what it makes is recorded for clean-up."""
    heard: list[int] = []
    try:
        with _handled_by(lambda number, _frame: heard.append(number)):
            yield
    finally:
        if heard:
            signal.raise_signal(heard[0])


@contextmanager
def orderly() -> Iterator[ExitStack]:
    """Yield a stack that is closed with signals ignored, however the block ends."""
    stack = ExitStack()
    try:
        try:
            yield stack
        finally:
            with undisturbed():
                stack.close()
    finally:
        # Once more, for an interruption just before signals were ignored.
        stack.close()


@contextmanager
def _handled_by(handler: _Handler) -> Iterator[None]:
    """Install `handler` within the block; only the main thread can, in others this does nothing."""
    ours = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in _SIGNALS if ours}
    heard = {number: old for number, old in before.items() if old is not signal.SIG_IGN}
    try:
        for number in heard:
            signal.signal(number, handler)
        yield
    finally:
        for number, old in heard.items():
            signal.signal(number, old)
