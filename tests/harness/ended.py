"""The end of one `porter rehearse`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from tests.harness.traces import Traces

USUAL_SECONDS = {"prepare": 3.0, "synth": 6.0}
"""The maximum of these phases on an idle machine, in seconds."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A finished `porter rehearse`: its exit code in a shell, its output, what it left.

    `seconds` is the time from its start, or from what ended it, to its end.
    `measured` is the slowness of the machine meanwhile (`tests.harness.slowness`).
    """

    code: int
    out: str
    err: str
    seconds: float
    left: Traces
    measured: float = 1.0

    @property
    def report(self) -> Any:
        """Return the report of `--json`."""
        return json.loads(self.out)

    @property
    def slowness(self) -> float:
        """Return the slowness of this machine, as measured or before hosts start."""
        return max(self.measured, slowness_in(self.err))


def slowness_in(err: str) -> float:
    """Return the slowness before hosts start, from the standard error of a rehearsal."""
    phases = re.findall(r"^(prepare|synth) +(\S+) s$", err, re.MULTILINE)
    return max([1.0, *(float(seconds) / USUAL_SECONDS[phase] for phase, seconds in phases)])


def shell_code(returncode: int) -> int:
    """Return the exit code that a shell shows: 128 + n if signal n ended the process."""
    return returncode if returncode >= 0 else 128 - returncode
