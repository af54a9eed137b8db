"""How a run of a service ended, in systemd's words."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

from porter.errors import PorterError

CLEAN_SIGNALS = {signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE}
"""A process that ends by one of these has ended well (systemd.service(5), SuccessExitStatus=)."""

EXIT_CHDIR, EXIT_EXEC = 200, 203
"""What systemd calls a failure before the program runs (systemd.exec(5), "Process Exit Codes")."""


@dataclass(frozen=True)
class Ending:
    """What `systemctl show` tells of it, and a sentence for the log.

    `code` is `ExecMainCode` (waitid(2): `CLD_EXITED` 1, `CLD_KILLED` 2, `CLD_DUMPED` 3; 0 where no
    process ended), `status` the exit code or signal.
    """

    result: str
    status: int
    what: str
    code: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong."""
        return self.result == "success"


class StartError(PorterError):
    """A service that did not start."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.what)
        self.ending = ending


def of_process(returncode: int, who: str) -> Ending:
    """The ending that a return code means: negative for a signal, as `subprocess` has it."""
    if returncode >= 0:
        result = "exit-code" if returncode else "success"
        return Ending(result, returncode, f"{who} exited with {returncode}", os.CLD_EXITED)
    number = signal.Signals(-returncode)
    result = "success" if number in CLEAN_SIGNALS else "signal"
    # That it dumped core is lost on the way here, and most machines forbid it anyway.
    return Ending(result, number, f"{who} was ended by {number.name}", os.CLD_KILLED)
