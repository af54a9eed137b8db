"""Command lines and files to inspect an instance from another terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.machines.booted import command
from porter.rehearsal.story.running import Found

_OUTPUT = "var/log/cloud-init-output.log"
_OWN = "var/log/porter/*.log"
_UNITS = "var/log/journal/*.log"
"""A played machine's journal: a text file for each unit."""


def inside(found: Found, argv: Sequence[str]) -> list[str]:
    """Return the command line that runs `argv` on the instance. Raises `PorterError`."""
    if found.booted is None:
        raise PorterError(
            "cannot run a program on this instance: it is a played machine, or it is off",
            where=found.instance_id,
            cure="rehearse with --machine systemd",
        )
    return [*command.enter(found.booted.init), *argv]


def terminal(found: Found, argv: Sequence[str]) -> list[str]:
    """Return the command line that runs `argv` there in a session of its own, for job control."""
    return inside(found, ["setsid", "--ctty", "--wait", *argv])


def logs(found: Found) -> list[Path]:
    """Return the log files; a booted machine's journal is not among them."""
    patterns = [_OUTPUT, _OWN] if found.booted else [_OUTPUT, _OWN, _UNITS]
    return [path for pattern in patterns for path in sorted(root(found).glob(pattern))]


def root(found: Found) -> Path:
    """Return the machine's `/` as a path on this computer."""
    return Path(f"/proc/{found.booted.init}/root") if found.booted else found.folder / "root"
