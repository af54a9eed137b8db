"""Threads that never keep the process alive, and leave its signals to the main thread."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable


def in_background(work: Callable[[], object]) -> threading.Thread:
    """Start a daemon thread that does `work`; it inherits a mask that blocks every signal."""
    thread = threading.Thread(target=work, daemon=True)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return thread


def ended_within(seconds: float, work: Callable[[], object]) -> bool:
    """Do `work` in the background, and return whether it ended in time.

    botocore's own time-outs are longer than anybody wants to wait before a deployment.
    """
    thread = in_background(work)
    thread.join(seconds)
    return not thread.is_alive()
