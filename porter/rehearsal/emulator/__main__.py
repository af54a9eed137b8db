"""The child process: serve ministack, patched, for exactly as long as the rehearsal lives."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from porter.rehearsal.faults import Fault


def main() -> None:
    """`python -m porter.rehearsal.emulator SIGNALS [--real-names] [FAULT...]`.

    SIGNALS logs wait signals.
    """
    threading.Thread(target=_die_with_parent, daemon=True).start()
    from porter.rehearsal.emulator import faults, gaps  # noqa: PLC0415 - takes a while: the leash is first
    from porter.rehearsal.emulator.real_names import OPTION  # noqa: PLC0415

    signals, *names = sys.argv[1:]
    del sys.argv[1:]  # ministack reads them too
    # Faults come behind: they see signals as ministack does.
    faults.install([Fault(name) for name in names if name != OPTION])
    gaps.fill(Path(signals), real_names=OPTION in names)
    from ministack.app import main as serve  # noqa: PLC0415 - reads its settings at import

    serve()


def _die_with_parent() -> None:
    """Standard input is a pipe whose other end only the rehearsal holds: it ends when that does.

    SIGKILL, since ministack ignores anything gentler while a stack waits.
    """
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


main()
