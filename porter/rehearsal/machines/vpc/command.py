"""Run a program to its end, or raise why it failed."""

from __future__ import annotations

import subprocess
from pathlib import Path

from porter.errors import PorterError

_SECONDS = 30


def run(*argv: str, given: str = "", folder: Path | None = None) -> None:
    """Run `argv` in `folder` with `given` as standard input. Raises `PorterError` if it fails.

    It runs in a session of its own, so Ctrl-C cannot interrupt it half-way.
    """
    try:
        ended = subprocess.run(
            argv,
            input=given,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PorterError(str(error), where=argv[0]) from error
    if ended.returncode:
        said = ended.stderr.strip().splitlines()
        reason = said[-1] if said else f"exit code {ended.returncode}"
        raise PorterError(reason, where=" ".join(argv[:3]))
