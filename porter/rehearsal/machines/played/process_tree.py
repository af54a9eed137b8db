"""Finds and ends processes by what /proc says of them: there is no control group to ask."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

_PROC = Path("/proc")


def descendants(ancestor: int) -> set[int]:
    """The living processes below `ancestor`; none where there is no /proc (other than Linux)."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name in parentheses may hold anything, spaces and parentheses included.
            state, parent = entry.read_text(errors="replace").rpartition(")")[2].split()[:2]
            if state not in "ZX":
                children.setdefault(int(parent), []).append(int(entry.parent.name))
    found: set[int] = set()
    queue = [ancestor]
    while queue:
        below = children.get(queue.pop(), [])
        found.update(below)
        queue += below
    return found


def carries(pid: int, variable: bytes) -> bool:
    """Whether the process was started with `NAME=value` in its environment."""
    try:
        return variable in (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def send(pids: set[int], number: signal.Signals) -> None:
    """Signal each of `pids` that still is."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def sweep(seconds: float = 5.0) -> set[int]:
    """Kill and reap everything below this process; returns what outlived `seconds`."""
    deadline = time.monotonic() + seconds
    while (left := descendants(os.getpid())) and time.monotonic() < deadline:
        send(left, signal.SIGKILL)
        time.sleep(0.01)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
    return left
