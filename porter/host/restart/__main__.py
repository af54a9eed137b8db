"""`python -m porter.host.restart`: what `porterd-restart.service` runs."""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path

from porter.errors import PorterError
from porter.host.core.own_program import log_to_journal, this_machine
from porter.host.restart.restarting import restart

TICK = 0.2
"""Seconds between two looks at porterd's file."""

_LARGEST = 4096
_PAUSE = 5.0
"""Seconds before a failure: its cause may stay, and systemd starts the program again."""


def main() -> None:
    """Restart what porterd's file names, once for each content, until porterd removes the file.

    Only porterd writes there: this unit has no capability to do so. Raises `PorterError` if it does
    not know what this host runs.
    """
    machine = this_machine()
    done = b""
    while (asked := _asked(Path(machine.layout.restart))) is not None:
        if asked != done:
            done = asked
            _time, *names = done.decode(errors="replace").split() or [""]
            restart(machine, names)
        time.sleep(TICK)


def _asked(file: Path) -> bytes | None:
    """Return what porterd wrote, or None without a file; `PorterError` for what it never writes."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as opened:
            found = os.fstat(handle)
            if stat.S_ISREG(found.st_mode) and found.st_size <= _LARGEST:
                return opened.read(_LARGEST)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PorterError(error.strerror or "cannot be read", where=str(file)) from error
    raise PorterError("is no regular file of 4 KB at most", where=str(file))


if __name__ == "__main__":
    log = log_to_journal()
    try:
        main()
    except PorterError as error:
        log.error(error)  # noqa: TRY400 - a traceback is for bugs
        time.sleep(_PAUSE)
        sys.exit(1)
