"""How a failed program explains itself: the end of its output, as one line."""

from __future__ import annotations

from porter.errors import PorterError
from porter.host.failure import redacted
from porter.host.machine import Machine

_READ = 40
"""Lines: three ends of a program that was started again fit into what is read."""

LAST_WORDS = 700
"""Characters of a command's output kept in an error: the whole reason must stay below 1 KB."""


def account(machine: Machine, unit: str) -> str:
    """How systemd and the unit itself explain its failure; empty if nobody does.

    With `--unit` systemd's own remarks are among the lines: a program that cannot even be executed
    has no other voice. Each line is told once, since a program that keeps ending repeats itself.
    Secrets are taken out.
    """
    journalctl = machine.program("journalctl")
    if journalctl is None:
        return ""
    argv = (str(journalctl), "--no-pager", "--output=cat", f"--lines={_READ}", f"--unit={unit}")
    try:
        state = machine.units(unit).get(unit)
        lines = redacted(machine, machine.run(argv, seconds=10).output).splitlines()
    except PorterError:
        return ""  # what systemctl said must not be lost over it
    said = "\n".join(reversed(dict.fromkeys(reversed(lines))))
    result = state.result if state and state.result != "success" else ""
    return f"result {result}\n{said}" if result and said else said


def last_words(output: str) -> str:
    """The last whole lines of `output`, as one line."""
    kept: list[str] = []
    room = LAST_WORDS
    for line in reversed([line.strip() for line in output.splitlines() if line.strip()]):
        room -= len(line) + 3
        if room < 0 and kept:
            break
        kept.append(line[:LAST_WORDS])
    return " | ".join(reversed(kept)) or "it printed nothing"
