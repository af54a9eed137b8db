"""Run a program as this process would be it: the terminal, signals and exit code are its own."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping

_RELAYED = {signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP}


def run(argv: list[str], environment: Mapping[str, str]) -> int:
    """Run `argv` in the foreground; return its exit code, or 128 + N after signal N.

    The program stays in this process's group, so the terminal treats both as one job. Signals that
    end programs reach the program and not this process, for as long as the program runs. Call it in
    the main thread; other threads have to block signals.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, it would never come
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*_RELAYED, signal.SIGCHLD})
    try:
        child = os.posix_spawn(argv[0], argv, environment, setsigmask=before)
        while True:
            received, by_terminal = _wait()
            # The kernel sends Ctrl-C and Ctrl-\\ to the whole foreground group.
            if received != signal.SIGCHLD and not by_terminal:
                os.kill(child, received)
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _wait() -> tuple[int, bool]:
    """Wait for a signal; return it, and whether the terminal sent it, so the child has it as well.

    sudo(8) relays by the same rule. A signal of the kernel has si_code > 0 (sigaction(2)). macOS
    has no sigwaitinfo(2): there, the foreground of a terminal decides.
    """
    expected = {*_RELAYED, signal.SIGCHLD}
    keys = (signal.SIGINT, signal.SIGQUIT)
    if hasattr(signal, "sigwaitinfo"):
        received = signal.sigwaitinfo(expected)
        return received.si_signo, received.si_code > 0 and received.si_signo in keys
    number = signal.sigwait(expected)
    return number, number in keys and _in_foreground()


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(sys.__stdin__.fileno()) == os.getpgrp()  # type: ignore[union-attr]
    except (AttributeError, OSError, ValueError):
        return False
