"""How a run of a service ended, in systemd's terms."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

from porter.errors import PorterError

CLEAN_SIGNALS = {signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE}
"""Ending by one of these signals is a success (systemd.service(5), SuccessExitStatus=)."""

EXIT_CHDIR, EXIT_EXEC = 200, 203
"""Exit codes for failures before the program runs (systemd.exec(5), "Process Exit Codes")."""


@dataclass(frozen=True)
class Ending:
    """The values of `systemctl show`, and a sentence for the log.

    `code` is `ExecMainCode` (waitid(2): `CLD_EXITED` 1, `CLD_KILLED` 2, `CLD_DUMPED` 3; 0 without a
    process), `status` the exit code or signal.
    """

    result: str
    status: int
    what: str
    code: int = 0

    @property
    def clean(self) -> bool:
        """Whether the run succeeded."""
        return self.result == "success"


class StartError(PorterError):
    """The service did not start."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.what)
        self.ending = ending


def of_process(returncode: int, who: str) -> Ending:
    """Return the ending for a return code: negative for a signal, as in `subprocess`."""
    if returncode >= 0:
        result = "exit-code" if returncode else "success"
        return Ending(result, returncode, f"{who} exited with {returncode}", os.CLD_EXITED)
    number = signal.Signals(-returncode)
    result = "success" if number in CLEAN_SIGNALS else "signal"
    # Whether it dumped core is unknown here, and most machines forbid dumps.
    return Ending(result, number, f"{who} was ended by {number.name}", os.CLD_KILLED)
