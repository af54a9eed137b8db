"""No test is lost: each test of the base exists, under the id and in the tier of the table."""

import subprocess
import sys
from pathlib import Path


def test_the_table_of_ids_is_current() -> None:
    """If not, see tests/ids/table.py for the command that corrects the table."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.ids.table", "check"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
