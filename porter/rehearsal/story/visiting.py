"""How to look into an instance from another terminal: command lines, and files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.machines.booted import command
from porter.rehearsal.story.running import Found

_OUTPUT = "var/log/cloud-init-output.log"
_OWN = "var/log/porter/*.log"
_UNITS = "var/log/journal/*.log"
"""Where the journal of a machine of processes is, a text file for each unit."""


def inside(found: Found, argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv` on the instance. Raises `PorterError` if nothing can."""
    if found.booted is None:
        raise PorterError(
            "is not a booted machine, or is off",
            where=found.instance_id,
            cure="rehearse with --machine systemd",
        )
    return [*command.enter(found.booted.init), *argv]


def terminal(found: Found, argv: Sequence[str]) -> list[str]:
    """The same with a terminal: its session begins on the instance, for Ctrl-C and job control."""
    return inside(found, ["setsid", "--ctty", "--wait", *argv])


def logs(found: Found) -> list[Path]:
    """The log files there are: of a booted machine those beside its journal."""
    root = found.folder / "root"
    if found.booted:
        root = Path(f"/proc/{found.booted.init}/root")
    patterns = [_OUTPUT, _OWN] if found.booted else [_OUTPUT, _OWN, _UNITS]
    return [path for pattern in patterns for path in sorted(root.glob(pattern))]
