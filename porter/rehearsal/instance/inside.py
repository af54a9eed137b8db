"""Runs programs on an instance: beside its process 1, or alone on its disk once it is off."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from porter.rehearsal.instance import command
from porter.rehearsal.instance.command import Hardware

SECONDS = 20.0


def run(
    init: int | None,
    hardware: Hardware,
    folder: Path,
    argv: Sequence[str],
    *,
    timeout: float = SECONDS,
) -> subprocess.CompletedProcess[str]:
    """`argv` on the instance of `folder`; with `init` None it is off, and `argv` all that runs.

    Raises `subprocess.TimeoutExpired` after `timeout` seconds, `OSError` without nsenter(1).
    """
    line = command.rescue(hardware, argv) if init is None else [*command.enter(init), *argv]
    return subprocess.run(
        line,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
    )
