"""Run a program while standard input is open: `python -m porter.rehearsal.local.keeper PROGRAM...`.

The rehearsal holds the other end of that pipe. When the rehearsal ends, even by SIGKILL, the pipe
closes, and the keeper kills its whole process group.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any


def kept(*argv: str) -> list[str]:
    """Return the command line that runs `argv`; start it in its own session, with a pipe as stdin.

    File descriptors in `pass_fds` reach the program.
    """
    return [sys.executable, "-P", "-m", "porter.rehearsal.local.keeper", *argv]


def end(process: subprocess.Popen[Any]) -> None:
    """Kill what was started by such a command line, with all its children; it may have ended."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()


def main() -> int:
    """Run the program; return its exit code as a shell does."""
    program = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, close_fds=False)
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    code = program.wait()
    return code if code >= 0 else 128 - code


def _end_with_standard_input() -> None:
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
