"""Describe the gate in one sentence, for CloudFormation and `/v1/service`."""

from __future__ import annotations

from porter.daemon.gate import Gate, Phase
from porter.daemon.settings import Target
from porter.spec.refused_write import may_write, refused_write


def describe(gate: Gate, target: Target) -> str:
    """Describe `gate`, as in `hello is healthy: GET /health answered 200 3 times in 2.0 s`.

    A failed gate's sentence is followed by the last lines of the failed program, one a line.
    """
    request = f"GET {target.health_check.path}"
    asked = f"{request} on port {target.port}" if target.workload else "porterd runs on this host"
    match gate.phase:
        case Phase.HEALTHY:
            outside = f"; not in service yet: {gate.outside}" if gate.outside else ""
            return f"{target.service} is healthy: {_successes(gate, target, request)}{outside}"
        case Phase.FAILED if gate.outside:
            return f"{target.service} is healthy, but {gate.outside}"
        case Phase.FAILED:
            failure = _gave_up(gate, target) if gate.cause else _time_is_up(gate, target, asked)
            where = _where_to_write(gate, target)
            return f"{failure}{where}. {gate.last_words}" if gate.last_words else failure
        case Phase.CONFIRMING:
            missing = f"; {gate.missing}" if gate.missing else ""
            return f"{gate.consecutive} of {gate.threshold} successes: {asked}{missing}"
        case Phase.WAITING:
            return f"{asked}: {gate.problem or 'not asked yet'}"


def _where_to_write(gate: Gate, target: Target) -> str:
    """Say where a program may write, if it failed because it wrote elsewhere."""
    if not refused_write(gate.last_words):
        return ""
    mine = (one for one in target.containers if one.name == gate.last_words_of)
    where = may_write(next(mine, None))
    return f", as {where}" if where else ""


def _successes(gate: Gate, target: Target, request: str) -> str:
    """How the service and the workers succeeded."""
    asked = f"{request} answered {target.health_check.codes} {_how_often(gate)}"
    if not target.workers:
        return asked if target.workload else "porterd runs on this host"
    well = f"{' and '.join(target.workers)} stay up or pass their check"
    if len(target.workers) == 1:
        well = f"{target.workers[0]} stays up or passes its check"
    return f"{asked}; {well}" if target.workload else well


def _how_often(gate: Gate) -> str:
    if gate.threshold == 1 or gate.healthy_at is None or gate.first_healthy_at is None:
        return "once"
    return f"{gate.threshold} times in {gate.healthy_at - gate.first_healthy_at:.1f} s"


def _gave_up(gate: Gate, target: Target) -> str:
    before = ", after the service had answered" if gate.answered else ""
    return f"{target.service} will not become healthy: {gate.cause}{before}"


def _time_is_up(gate: Gate, target: Target, asked: str) -> str:
    limit = gate.deadline - gate.opened_at
    why = gate.missing if gate.waits_for_workers else f"{asked}: {_trouble(gate)}"
    return f"{target.service} did not become healthy within {limit:.0f} s: {why}"


def _trouble(gate: Gate) -> str:
    if _flaps(gate.recent):
        good = f"{sum(gate.recent)} of the last {len(gate.recent)} checks succeeded"
        return f"flaps, {good}; the last failure: {gate.problem}"
    if not gate.consecutive:
        return f"{gate.problem}, after it had answered" if gate.answered else gate.problem
    run = f"{gate.consecutive} of {gate.threshold} successes when time was up"
    return f"{run}; before that: {gate.problem}" if gate.problem else run


def _flaps(recent: tuple[bool, ...]) -> bool:
    """Whether a failure followed a success: a service that only starts late does not flap."""
    return True in recent and False in recent[recent.index(True) :]
