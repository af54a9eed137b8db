"""Become another program in control groups: `python -m ...join FOLDER... -- PROGRAM...`.

A cgroup namespace begins where the process is that makes it. And in a group of version 2 that is
divided nobody may be but in its parts: so who joins is process 1 already, on its way to systemd.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Join each group, then the program takes this process over."""
    split = sys.argv.index("--")
    for folder in sys.argv[1:split]:
        Path(folder, "cgroup.procs").write_text("0")  # 0: whoever writes it
    program = sys.argv[split + 1 :]
    os.execvp(program[0], program)  # noqa: S606 - an argument list, on purpose without one


if __name__ == "__main__":
    main()
