"""What a rehearsal tells while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _ignore(*_said: object) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Functions that a rehearsal calls; those left out do nothing.

    `over(phase, seconds)` when a phase ends. `sees(what)` ten times a second, with what the host
    that is waited for reports, empty without such a host. `says(line)` for lines to keep: the
    launches that EC2 refuses.
    """

    over: Callable[[str, float], None] = _ignore
    sees: Callable[[str], None] = _ignore
    says: Callable[[str], None] = _ignore


SILENT = Progress()
