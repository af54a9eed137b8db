"""The command line. Each command parses its arguments, calls one function and prints the result.

`root` lists all commands, and imports a command's module only to run it. So `porter help` is quick,
and the bundle on a host, without CDK and the rehearsal, is the same program with fewer commands.
Libraries raise and never print. `main` turns an error into text (`failure`) and an exit code.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import NoReturn

from porter.cli.failure import report
from porter.cli.root import porter


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run `porter ARGUMENTS` (default: `sys.argv`) and exit.

    The exit code is 0 for success, 1 for an error or a bug of porter, 2 for wrong usage, and 130
    after an interrupt. Commands that run cdk exit with cdk's code.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in takewhile(lambda word: word.startswith("-"), words)
    try:
        code = porter.main(words, prog_name="porter", standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - any other error is a bug
        code = report(error, debug=debug)
        _discard_what_cannot_be_written()
    gc.freeze()  # else Python searches all objects for cycles at its end: 0.2 s of a rehearsal
    sys.exit(code)


def _discard_what_cannot_be_written() -> None:
    """Keep Python from writing it again at its end, which would print another error."""
    try:
        sys.stdout.flush()
    except OSError:
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
