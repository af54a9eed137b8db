"""Run a program as this process would be it: the terminal, signals and exit code are its own."""

from __future__ import annotations

import os
import signal
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
            _relay(signal.sigwaitinfo({*_RELAYED, signal.SIGCHLD}), child)
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _relay(received: signal.struct_siginfo, child: int) -> None:
    r"""Send `child` the signal, unless the program has it already.

    The kernel sends Ctrl-C and Ctrl-\\ to the whole foreground group (si_code > 0, sigaction(2)).
    sudo(8) relays by the same rule.
    """
    from_terminal = received.si_code > 0 and received.si_signo in (signal.SIGINT, signal.SIGQUIT)
    if received.si_signo != signal.SIGCHLD and not from_terminal:
        os.kill(child, received.si_signo)
