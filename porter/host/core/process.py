"""Run a command: the only module of `porter.host.core` that starts a process."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from porter.errors import HostFaultError, PorterError

COMMAND_SECONDS = 120.0
"""Deadline of one command. systemd gives up after 90 s on a start that never reports."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended, and what it printed (both streams, in order)."""

    exit_code: int
    output: str


def run(
    argv: Sequence[str],
    *,
    seconds: float = COMMAND_SECONDS,
    environment: Mapping[str, str] | None = None,
) -> Result:
    """Run `argv` to its end. Raises `PorterError` if it cannot start or takes too long.

    Taking too long is a `HostFaultError`.
    """
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            env={**os.environ, **(environment or {})},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise HostFaultError(f"did not end within {seconds:g} s", where=argv[0]) from error
    except OSError as error:
        raise PorterError(f"cannot be run: {error.strerror}", where=argv[0]) from error
    return Result(done.returncode, done.stdout.decode(errors="replace"))
