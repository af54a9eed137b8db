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
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any


def start(  # noqa: PLR0913 - those of subprocess.Popen
    argv: Sequence[str],
    output: IO[bytes] | int,
    errors: IO[bytes] | None = None,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    umask: int = -1,
    pass_fds: Collection[int] = (),
) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own; `end` ends it, and the end of this process does.

    Errors go to `output` as well unless there is another file for them. Call it within `held_back`,
    and keep the result there: an interruption in between would leave the process.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "porter.rehearsal.local.keeper", *argv],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output if errors is None else errors,
        cwd=cwd,
        env=env,
        umask=umask,
        pass_fds=pass_fds,
        start_new_session=True,
    )


def leave(process: subprocess.Popen[Any]) -> None:
    """Send SIGUSR1 to what `start` started: HAProxy then finishes its requests.

    Call `end` later in any case. It may have ended.
    """
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGUSR1)


def end(process: subprocess.Popen[Any]) -> None:
    """Kill what `start` started, with all its children; it may have ended.

    Does nothing the second time: another program may have its number by then.
    """
    if process.stdin and process.stdin.closed:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()


def main() -> int:
    """Run the program; return its exit code as a shell does."""
    # A signal for the program; an ignored one would stay ignored in it.
    signal.signal(signal.SIGUSR1, lambda *_: None)
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
