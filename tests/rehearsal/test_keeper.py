"""What a rehearsal started is ended once."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from porter.rehearsal.local import keeper


def test_a_program_that_has_ended_leaves_no_pipe_and_is_not_killed_by_its_number_again(
    tmp_path: Path,
) -> None:
    """Later, the number may be another program's: here it is given to one."""
    with (tmp_path / "log").open("wb") as log:
        one = keeper.start(["true"], log)
    other = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        assert one.wait(30) == 0
        keeper.end(one)
        assert one.stdin
        assert one.stdin.closed
        one.pid = other.pid
        keeper.end(one)
        assert other.poll() is None
    finally:
        os.killpg(other.pid, 9)
        other.wait()
