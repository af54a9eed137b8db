"""Find and end processes through /proc, because a played machine has no control groups."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

_PROC = Path("/proc")


def descendants(ancestor: int) -> set[int]:
    """Return the running processes below `ancestor`; none without /proc (Linux only)."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name in parentheses may contain spaces and parentheses.
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
    """Send a signal to each of `pids` that still exists."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def sweep(seconds: float = 5.0) -> set[int]:
    """Kill and reap everything below this process; return what still runs after `seconds`."""
    deadline = time.monotonic() + seconds
    while (left := descendants(os.getpid())) and time.monotonic() < deadline:
        send(left, signal.SIGKILL)
        time.sleep(0.01)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
    return left
