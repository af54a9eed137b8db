"""Runs a program of the user's to its end, or kills it with all that it has started."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from porter.errors import PorterError

TAIL = 16 * 1024
"""Bytes of a script's output that are looked at for its last words."""


@dataclass(frozen=True, slots=True)
class Script:
    """How a script ended (`exit_code` is None if it took too long), and the last it printed."""

    exit_code: int | None
    output: str


def run_script(
    argv: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    seconds: float,
    log: Path,
) -> Script:
    """Run `argv` in `folder`; after `seconds` kill its process group.

    It prints to the file `log`, not to a pipe: whoever looks can follow it, and a daemon that it
    leaves behind holds nothing open that anyone waits for. Raises `PorterError` if it cannot start.
    """
    # systemd gives cloud-init no HOME, and many an installer stops without one.
    given = {"HOME": str(Path.home()), **os.environ, **environment}
    try:
        with _opened(log) as output:
            process = subprocess.Popen(
                argv,
                cwd=folder,
                env=given,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # and so it leads a process group
            )
            code = _ending(process, seconds)
            output.seek(max(0, output.seek(0, os.SEEK_END) - TAIL))
            return Script(code, output.read().decode(errors="replace"))
    except OSError as error:
        raise PorterError(f"cannot be run: {error.strerror}", where=argv[0]) from error


def _opened(log: Path) -> BinaryIO:
    """`log`, empty, for root alone."""
    log.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    return os.fdopen(os.open(log, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o640), "w+b")


def _ending(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.returncode is None:  # too late, or apply itself was interrupted
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
