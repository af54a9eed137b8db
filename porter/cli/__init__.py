"""The command line: each command parses, calls one function and echoes.

`porter` is a lazy group: `catalogue` lists the commands with their summaries, and a command's
module is imported when that command runs. So `porter help` answers at once, and the bundle on a
host, which has neither CDK nor the rehearsal, is the same program with fewer commands. Libraries
raise and never print; `main` is the one place where an error becomes text (`failure`) and an exit
code.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import takewhile
from typing import NoReturn

from porter.cli.failure import report
from porter.cli.root import porter


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run `porter ARGUMENTS` (`sys.argv` by default) and exit.

    0 for success, 1 for an error or a bug of porter's, 2 for wrong usage, 130 if interrupted; the
    commands that are cdk's exit as cdk does.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in takewhile(lambda word: word.startswith("-"), words)
    try:
        code = porter.main(words, prog_name="porter", standalone_mode=False)
    except Exception as error:  # noqa: BLE001 - the last resort reports whatever it is
        code = report(error, debug=debug)
    sys.exit(code)
