"""Become a program that dies with its parent: `python -m porter.rehearsal.leash PARENT PROGRAM...`.

So that a rehearsal that is killed leaves nothing running (prctl(2), PR_SET_PDEATHSIG). On other
systems than Linux such a program stays.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def leashed(*argv: str) -> list[str]:
    """The command line that runs `argv` on a leash held by this process."""
    return [sys.executable, "-P", "-m", "porter.rehearsal.leash", str(os.getpid()), *argv]


def main() -> None:
    """Tie the leash, and become the program unless the parent is gone already."""
    parent, *argv = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() == int(parent):
        os.execv(argv[0], argv)  # noqa: S606 - there is no shell, and none is wanted


if __name__ == "__main__":
    main()
