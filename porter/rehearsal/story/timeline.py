"""When each phase of a rehearsal ended, from the events that end it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from porter.rehearsal.fleet.host import Host

PHASES = ("prepare", "synth", "deploy", "boot", "healthy", "signal", "complete")
"""In order; each begins where the one before it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A phase, in seconds since the rehearsal began."""

    phase: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


class Timeline:
    """Collects when phases ended; `announce(phase, seconds)` hears of each once."""

    def __init__(self, announce: Callable[[str, float], None]) -> None:
        self._announce = announce
        self._ends: dict[str, float] = {}
        self._began = time.time()

    def end(self, phase: str, at: float | None = None) -> None:
        """`phase` ended `at` (seconds since the epoch; now); the latest call counts."""
        known = phase in self._ends
        self._ends[phase] = at or time.time()
        if not known:
            self._announce(phase, self.spans()[-1].seconds)

    def observe(self, hosts: Sequence[Host]) -> None:
        """What hosts end: `deploy` the first to start, the other phases the last to get there.

        Those that ended by themselves get nowhere.
        """
        if not hosts:
            return
        self.end("deploy", min(host.started_at for host in hosts))
        hosts = [host for host in hosts if not host.lost]
        for phase, ends in (
            ("boot", [host.porterd_at for host in hosts]),
            ("healthy", [host.healthy_at for host in hosts]),
            ("signal", [host.signalled_at for host in hosts]),
        ):
            known = [end for end in ends if end is not None]
            if known and len(known) == len(ends):
                self.end(phase, max(known))

    def spans(self) -> list[Span]:
        """The phases that ended, in order."""
        spans = []
        start = 0.0
        for phase in PHASES:
            if phase in self._ends:
                end = max(self._ends[phase] - self._began, start)
                spans.append(Span(phase=phase, start=start, end=end))
                start = end
        return spans


def healthy_to_signal(hosts: Sequence[Host]) -> float | None:
    """Seconds from healthy to CloudFormation told, of the slowest host that did both."""
    return max(
        (
            host.signalled_at - host.healthy_at
            for host in hosts
            if host.signalled_at is not None and host.healthy_at is not None
        ),
        default=None,
    )
