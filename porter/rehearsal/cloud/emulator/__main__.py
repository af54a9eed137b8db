"""The child process: serve ministack, patched, for as long as the rehearsal runs."""

from __future__ import annotations

import os
import signal
import sys
import threading
from importlib import import_module
from pathlib import Path


def main() -> None:
    """`python -m porter.rehearsal.cloud.emulator SIGNALS [--real-names] [MODULE WORD...]`.

    SIGNALS logs wait signals; `install(words)` of MODULE is called first.
    """
    threading.Thread(target=_die_with_parent, daemon=True).start()
    # Imported after the thread started, because they take a while.
    from porter.rehearsal.cloud.emulator import gaps  # noqa: PLC0415
    from porter.rehearsal.cloud.emulator.server import REAL_NAMES  # noqa: PLC0415

    signals, *options = sys.argv[1:]
    del sys.argv[1:]  # ministack reads them too
    module, *words = [option for option in options if option != REAL_NAMES] or [""]
    if module:  # before the gaps are filled, so it sees requests as ministack does
        import_module(module).install(words)
    gaps.fill(Path(signals), real_names=REAL_NAMES in options)
    from ministack.app import main as serve  # noqa: PLC0415 - reads its settings at import

    serve()


def _die_with_parent() -> None:
    """Kill this process when standard input closes: only the rehearsal holds its other end.

    By SIGKILL, because ministack ignores other signals while a stack waits.
    """
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


main()
