"""Delete the namespaces of a rehearsal by its name, whether it ended or was killed."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from porter.rehearsal.machines.vpc.command import run
from porter.rehearsal.machines.vpc.interface import vpc_namespace
from porter.rehearsal.machines.vpc.namespace import NAMESPACES

_PATIENCE = 5.0
"""Seconds for a program to end that a killed rehearsal has started: `ip` takes milliseconds."""


def remove(name: str) -> None:
    """Delete each namespace of the rehearsal called `name`, even if one of them resists.

    What ran inside must have ended: a process keeps its namespace, nameless, until it ends.
    Raises `PorterError` for the last one that could not be deleted.
    """
    own = vpc_namespace(name)
    _outlast_orphans(own)
    with ExitStack() as stack:
        for path in NAMESPACES.glob(f"{own}*"):
            if _is_of(own, path.name):
                stack.callback(run, "ip", "netns", "delete", path.name)


def _outlast_orphans(own: str) -> None:
    """Wait for an `ip` whose rehearsal was killed meanwhile: it may be making a namespace."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and any(_names(process, own) for process in _others()):
        time.sleep(0.02)


def _others() -> list[Path]:
    return [path for path in Path("/proc").glob("[0-9]*") if path.name != str(os.getpid())]


def _names(process: Path, own: str) -> bool:
    """Whether it is an `ip` that was given one of the namespaces."""
    with suppress(OSError):
        program, *arguments = (process / "cmdline").read_bytes().decode("latin1").split("\0")
        return program == "ip" and any(_is_of(own, word) for word in arguments)
    return False


def _is_of(own: str, name: str) -> bool:
    return name == own or name.startswith(f"{own}-")
