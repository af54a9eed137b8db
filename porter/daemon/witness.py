"""Append to the log of events what changes from one report of the gate to the next."""

from __future__ import annotations

from porter.daemon.events import Events
from porter.daemon.gate import Gate
from porter.daemon.happenings import Health, Signal
from porter.daemon.journal import Record


class Witness:
    """Compares each report with the one before, on a host whose service is `service`.

    A program counts as unhealthy until porterd knows better, so a slow start is no event. Without
    a service (`service` is empty) only workers have a health.
    """

    def __init__(self, events: Events, service: str, record: Record) -> None:
        self._events = events
        self._service = service
        self._state = record.state

    def saw(self, gate: Gate, record: Record, workers: dict[str, str]) -> None:
        """Append the events that led to this report; `workers` holds their troubles by name."""
        if self._service and gate.last:
            self._health(self._service, "" if gate.last.ok else gate.last.problem)
        for name, trouble in workers.items():
            self._health(name, trouble)
        if record.state != self._state:
            self._state = record.state
            happening = Signal(state=record.state, status=record.status or "", reason=record.reason)
            self._events.append(happening)

    def _health(self, program: str, problem: str) -> None:
        before = self._events.last("health", program=program)
        healthy = not problem
        if healthy != (before is not None and before["healthy"]):
            self._events.append(Health(program=program, healthy=healthy, problem=problem))
