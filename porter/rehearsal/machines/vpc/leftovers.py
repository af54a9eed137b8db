"""Delete the network namespaces of a rehearsal by its name."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from porter.rehearsal.machines.vpc.command import run
from porter.rehearsal.machines.vpc.interface import vpc_namespace
from porter.rehearsal.machines.vpc.namespace import NAMESPACES

_PATIENCE = 5.0
"""Seconds for an `ip` of a killed rehearsal to end; it takes milliseconds."""


def remove(name: str) -> None:
    """Delete each namespace of the rehearsal `name`, even if one of them fails.

    Processes inside must have ended, because a process keeps its namespace. Raises `PorterError`
    for the last namespace that could not be deleted.
    """
    own = vpc_namespace(name)
    _outlast_orphans(own)
    with ExitStack() as stack:
        for path in NAMESPACES.glob(f"{own}*"):
            if _is_of(own, path.name):
                stack.callback(run, "ip", "netns", "delete", path.name)


def _outlast_orphans(own: str) -> None:
    """Wait for an `ip` whose rehearsal was killed: it may be making a namespace."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and any(_names(process, own) for process in _others()):
        time.sleep(0.02)


def _others() -> list[Path]:
    return [path for path in Path("/proc").glob("[0-9]*") if path.name != str(os.getpid())]


def _names(process: Path, own: str) -> bool:
    """Whether the process is an `ip` with one of the namespaces as an argument."""
    with suppress(OSError):
        program, *arguments = (process / "cmdline").read_bytes().decode("latin1").split("\0")
        return program == "ip" and any(_is_of(own, word) for word in arguments)
    return False


def _is_of(own: str, name: str) -> bool:
    return name == own or name.startswith(f"{own}-")
