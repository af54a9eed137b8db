"""Turn signals that ask for an end into one exception, raised once and never half-way."""

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
    """`signal_number` arrived; by the shell's convention the exit code is 128 more."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.exit_code = 128 + signal_number


@contextmanager
def interruptible() -> Iterator[None]:
    """Within the block (main thread only) the first signal raises `Interrupted`.

    Signals are SIGINT, SIGTERM and SIGHUP, save those that are ignored already: nohup(1).
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
    """Within the block no signal is heard: what must not be left half done."""
    with _handled_by(signal.SIG_IGN):
        yield


@contextmanager
def held_back() -> Iterator[None]:
    """Within the block a signal waits for its end: what is made, and noted so as to be unmade."""
    heard: list[int] = []
    try:
        with _handled_by(lambda number, _frame: heard.append(number)):
            yield
    finally:
        if heard:
            signal.raise_signal(heard[0])


@contextmanager
def orderly() -> Iterator[ExitStack]:
    """A stack that is closed undisturbed, however the block ends."""
    stack = ExitStack()
    try:
        try:
            yield stack
        finally:
            with undisturbed():
                stack.close()
    finally:
        # Once more, for the interruption that came just before it would have been ignored.
        stack.close()


@contextmanager
def _handled_by(handler: _Handler) -> Iterator[None]:
    """Signals are the main thread's affair: in others this does nothing."""
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
