"""How one `porter rehearse` ended."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from tests.harness.traces import Traces

USUAL_SECONDS = {"prepare": 3.0, "synth": 6.0}
"""What these phases take at most on a machine that is otherwise idle."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A finished `porter rehearse`: its exit code as a shell has it, its output, what it left.

    `seconds` is how long it took to end, counted from its start, or from what ended it.
    `measured` is how slow the machine was meanwhile (`tests.harness.slowness`).
    """

    code: int
    out: str
    err: str
    seconds: float
    left: Traces
    measured: float = 1.0

    @property
    def report(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.out)

    @property
    def slowness(self) -> float:
        """How many times slower than usual this machine was: as measured, or before hosts start."""
        return max(self.measured, slowness_in(self.err))


def slowness_in(err: str) -> float:
    """The same, from the standard error of a rehearsal."""
    phases = re.findall(r"^(prepare|synth) +(\S+) s$", err, re.MULTILINE)
    return max([1.0, *(float(seconds) / USUAL_SECONDS[phase] for phase, seconds in phases)])


def shell_code(returncode: int) -> int:
    """The exit code that a shell shows: 128 + n for a process that signal n ended."""
    return returncode if returncode >= 0 else 128 - returncode
