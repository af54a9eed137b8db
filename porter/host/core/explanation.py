"""Explain a failed command: the end of what it printed, or of its unit's journal, as one line."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from porter.aws.excerpt import excerpt
from porter.errors import PorterError
from porter.host.core.machine import Machine
from porter.host.core.redaction import redacted
from porter.host.core.view import View

_READ = 100
"""Lines read from the journal: enough for three failed starts of a program."""

LAST_CHARACTERS = 700
"""Bytes of output kept in an error: the whole reason must stay below 1 KB."""


def program(view: View, name: str) -> str:
    """Return the path of the program `name`. Raises `PorterError` if it is not installed."""
    found = view.program(name)
    if found is None:
        raise PorterError(f"there is no {name}", where=str(view.layout.root))
    return str(found)


def check(
    argv: Sequence[str],
    exit_code: int,
    output: str,
    *,
    where: str = "",
    kind: type[PorterError] = PorterError,
) -> None:
    """Raise a `kind` of error with command, exit code and output, unless `exit_code` is 0."""
    if exit_code == 0:
        return
    ending = f"exit code {exit_code}" if exit_code > 0 else f"killed by signal {-exit_code}"
    what = f"`{shlex.join(argv)}` failed, {ending}: {last_lines(_alerts(output))}"
    raise kind(what, where=where)


def explain(machine: Machine, unit: str) -> str:
    """Return systemd's result and the journal's last lines of `unit`; empty without a journal.

    `--unit` includes systemd's own lines, the only ones if the program cannot be executed. Repeated
    lines are kept once: a program that restarts prints them again. Secrets are taken out.
    """
    journalctl = machine.program("journalctl")
    if journalctl is None:
        return ""
    argv = (str(journalctl), "--no-pager", "--output=cat", f"--lines={_READ}", f"--unit={unit}")
    try:
        state = machine.units(unit).get(unit)
        lines = redacted(machine, machine.run(argv, seconds=10).output).splitlines()
    except PorterError:
        return ""  # the caller then shows what systemctl printed
    said = "\n".join(reversed(dict.fromkeys(reversed(lines))))
    result = state.result if state and state.result != "success" else ""
    return f"result {result}\n{said}" if result and said else said


def last_lines(output: str) -> str:
    """Return head and tail of `output`, as one line."""
    lines = (line.strip() for line in output.splitlines())
    return excerpt(filter(None, lines), LAST_CHARACTERS) or "it printed nothing"


def _alerts(output: str) -> str:
    """Return HAProxy's alerts, which say why it refuses; any other output is returned as it is."""
    alerts = [line for line in output.splitlines() if line.startswith("[ALERT]")]
    return "\n".join(alerts) or output
