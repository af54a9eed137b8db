"""The user's commands as systemd takes them."""

from __future__ import annotations

import os.path
from collections.abc import Sequence
from pathlib import Path

from porter.host import quoting
from porter.spec import Text


def exec_start(command: Sequence[Text], folder: Path) -> str:
    """The line that starts `command`: a bare name is looked up, any other path is absolute.

    Relative ones are meant from `folder`.
    """
    program, *arguments = (str(argument) for argument in command)
    if "/" in program:
        program = os.path.normpath(folder / program)
    return f"ExecStart={quoting.command_line([program, *arguments])}"
