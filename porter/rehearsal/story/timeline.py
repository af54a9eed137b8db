"""Record when each phase of a rehearsal ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from porter.rehearsal.fleet.host import Host

PHASES = ("prepare", "synth", "deploy", "boot", "healthy", "signal", "complete")
"""In order; each phase begins when the one before it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A phase, in seconds since the rehearsal began.

    A `failed` phase did not end: `end` is the end of the deployment.
    """

    phase: str
    start: float
    end: float
    failed: bool = False

    @property
    def seconds(self) -> float:
        """The phase's duration."""
        return self.end - self.start


class Timeline:
    """When phases ended; calls `announce(phase, seconds)` once for each."""

    def __init__(self, announce: Callable[[str, float], None]) -> None:
        self._announce = announce
        self._ends: dict[str, float] = {}
        self._began = time.time()
        self._failed_at: float | None = None

    def end(self, phase: str, at: float | None = None) -> None:
        """Record that `phase` ended `at` (seconds since the epoch; now); a later call overrides."""
        known = phase in self._ends
        self._ends[phase] = at or time.time()
        if not known:
            self._announce(phase, self.spans()[-1].seconds)

    def observe(self, hosts: Sequence[Host]) -> None:
        """Record the phases that `hosts` end.

        The first host to start ends `deploy`. The last host to get there ends `boot`, `healthy` and
        `signal`; hosts that were lost do not count.
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

    def fail(self) -> None:
        """Record that the deployment failed just now."""
        self._failed_at = time.time()

    def spans(self) -> list[Span]:
        """Return the phases that ended, in order, and last the one that failed.

        If a deployment fails although every phase ended, the last phase failed.
        """
        spans: list[Span] = []
        start = 0.0
        failed_at = self._failed_at and self._failed_at - self._began
        for phase in PHASES:
            if phase in self._ends:
                end = max(self._ends[phase] - self._began, start)
                spans.append(Span(phase=phase, start=start, end=end))
                start = end
            elif failed_at is not None:
                return [*spans, Span(phase=phase, start=start, end=failed_at, failed=True)]
        if failed_at is not None:
            spans[-1] = replace(spans[-1], end=failed_at, failed=True)
        return spans


def healthy_to_signal(hosts: Sequence[Host]) -> float | None:
    """Return the seconds from healthy to signalled, of the slowest host."""
    return max(
        (
            host.signalled_at - host.healthy_at
            for host in hosts
            if host.signalled_at is not None and host.healthy_at is not None
        ),
        default=None,
    )
