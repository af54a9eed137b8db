"""Join control groups, then become another program: `python -m ...join FOLDER... -- PROGRAM...`.

A process must be in its control groups before it makes a cgroup namespace. In version 2, a control
group that delegates controllers can contain no process itself. So the joining process must be the
one that becomes systemd.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Join each control group, then execute the program."""
    split = sys.argv.index("--")
    for folder in sys.argv[1:split]:
        Path(folder, "cgroup.procs").write_text("0")  # 0 is the writing process
    program = sys.argv[split + 1 :]
    os.execvp(program[0], program)  # noqa: S606 - an argument list


if __name__ == "__main__":
    main()
