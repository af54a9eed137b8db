"""The health gate: a pure state machine from health checks to one verdict."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from porter.spec import HealthCheck, gate_seconds

FAST_SECONDS = 0.1
"""Between checks until the service has answered 200 for the first time."""

WATCH_SECONDS = 10.0
"""Between checks once the verdict is reached: they keep `/v1/service` up to date."""

_SHORTEST_CHECK = 0.1
_REMEMBERED = 10


class Phase(enum.StrEnum):
    """`HEALTHY` and `FAILED` are verdicts: a gate leaves the first only if it is `refused`."""

    WAITING = "waiting"
    CONFIRMING = "confirming"
    HEALTHY = "healthy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The result of one health check: it ended at `at` (epoch) and took `seconds`.

    `status` is the HTTP status, or None without an answer; `problem` is empty when `ok`.
    `of_others` says that HAProxy, or a stranger on a port, has the problem: not the service.
    """

    at: float
    ok: bool
    status: int | None
    seconds: float
    problem: str = ""
    of_others: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The gate at one instant. All times are epoch seconds.

    `first_healthy_at` is the start of the current run of successes. `problem` is the last failure,
    `answered` whether any check ever succeeded, `recent` the results of the last checks.
    `cause` says why the gate failed before its deadline; `last_words` are the last lines that the
    failed program, `last_words_of`, logged. `missing` says which workers are not well, and why: the
    gate succeeds only when `missing` is empty. `outside` says why a healthy host gets no requests.
    """

    threshold: int
    interval_seconds: float
    opened_at: float
    deadline: float
    phase: Phase = Phase.WAITING
    consecutive: int = 0
    answered: bool = False
    first_healthy_at: float | None = None
    healthy_at: float | None = None
    last: Observation | None = None
    problem: str = ""
    recent: tuple[bool, ...] = ()
    cause: str = ""
    last_words: str = ""
    last_words_of: str = ""
    missing: str = ""
    outside: str = ""

    @property
    def waits_for_workers(self) -> bool:
        """Whether only workers hold the success back: the service itself succeeded often enough."""
        return bool(self.missing) and self.consecutive >= self.threshold

    @property
    def decided(self) -> bool:
        """Whether there is a verdict."""
        return self.phase in (Phase.HEALTHY, Phase.FAILED)


def open_gate(check: HealthCheck, *, opened_at: float, timeout_seconds: float) -> Gate:
    """A gate that fails before a wait condition of `timeout_seconds` does (`gate_seconds`)."""
    return Gate(
        threshold=check.healthy_threshold,
        interval_seconds=check.interval_seconds,
        opened_at=opened_at,
        deadline=opened_at + gate_seconds(timeout_seconds),
    )


def advance(gate: Gate, seen: Observation, now: float, missing: str = "") -> Gate:
    """The gate after one more check; `missing` says which workers are not well."""
    gate = replace(gate, last=seen)
    if gate.decided:
        return gate
    gate = replace(gate, missing=missing, recent=(*gate.recent, seen.ok)[-_REMEMBERED:])
    gate = _succeeded(gate, seen) if seen.ok else _failed(gate, seen)
    if not gate.decided and now >= gate.deadline:
        return replace(gate, phase=Phase.FAILED)
    return gate


def interrupted(gate: Gate) -> Gate:
    """The gate after a process ended: the next success is the first of a new run."""
    if gate.decided:
        return gate
    return replace(gate, phase=Phase.WAITING, consecutive=0, first_healthy_at=None)


def given_up(gate: Gate, cause: str) -> Gate:
    """The gate once `cause` makes a success impossible."""
    if gate.decided:
        return gate
    return replace(interrupted(gate), phase=Phase.FAILED, cause=cause)


def refused(gate: Gate, why: str) -> Gate:
    """The gate of a healthy host that nobody takes into service, before its signal."""
    return replace(gate, phase=Phase.FAILED, outside=why)


def slow_to_start(gate: Gate, check: HealthCheck, seconds: float) -> Gate:
    """The gate `seconds` after the program's start: failed if no check succeeded in time."""
    if gate.answered or seconds < check.start_seconds:
        return gate
    cause = (
        f"GET {check.path}: {gate.problem}; no success within {check.start_seconds:g} s of its "
        "start (does it need longer? HealthCheck(start_seconds=...))"
    )
    return given_up(gate, cause)


def next_delay(gate: Gate, now: float) -> float:
    """Seconds until the next check; the last one of an undecided gate is at its deadline."""
    if gate.decided:
        return WATCH_SECONDS
    pace = gate.interval_seconds if gate.answered else FAST_SECONDS
    return max(0.0, min(pace, gate.deadline - now))


def time_for_check(gate: Gate, check: HealthCheck, seconds: float, now: float) -> float:
    """Return how long a check may take, in seconds, `seconds` after the program's start.

    An undecided gate's check ends when the gate has to decide.
    """
    if gate.decided:
        return check.timeout_seconds
    left = gate.deadline - now
    if not gate.answered:
        left = min(left, check.start_seconds - seconds)
    return max(_SHORTEST_CHECK, min(check.timeout_seconds, left))


def _succeeded(gate: Gate, seen: Observation) -> Gate:
    consecutive = min(gate.consecutive + 1, gate.threshold)
    healthy = consecutive == gate.threshold and not gate.missing
    return replace(
        gate,
        phase=Phase.HEALTHY if healthy else Phase.CONFIRMING,
        consecutive=consecutive,
        answered=True,
        first_healthy_at=seen.at if gate.consecutive == 0 else gate.first_healthy_at,
        healthy_at=seen.at if healthy else None,
    )


def _failed(gate: Gate, seen: Observation) -> Gate:
    return replace(interrupted(gate), problem=seen.problem)
