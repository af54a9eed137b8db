"""No test is lost: each test of the base exists with the table's id and tier."""

import subprocess
import sys
from pathlib import Path


def test_the_table_of_ids_is_current() -> None:
    """If this fails, see tests/ids/table.py for the command that corrects the table."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.ids.table", "check"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
