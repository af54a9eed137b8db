"""The reference of the command line is current."""

import subprocess
import sys
from pathlib import Path

from .cli_reference import PAGE

RENDER = "from tests.cli.cli_reference import render; print(render(), end='')"


def test_the_reference_is_current() -> None:
    """If this fails: python tests/cli/cli_reference.py.

    The page is rendered in a new process: click keeps the help option of a command's first context,
    which another test may have made.
    """
    done = subprocess.run(
        [sys.executable, "-c", RENDER],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert PAGE.read_text() == done.stdout
