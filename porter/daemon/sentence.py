"""Say in one sentence where a gate stands: for people, in CloudFormation and `/v1/service`."""

from __future__ import annotations

from porter.daemon.gate import Gate, Phase
from porter.daemon.settings import Target


def describe(gate: Gate, target: Target) -> str:
    """For example `hello is healthy: GET /health answered 200 3 times in 2.0 s`."""
    request = f"GET {target.health_check.path}"
    asked = f"{request} on port {target.port}"
    match gate.phase:
        case Phase.HEALTHY:
            return f"{target.service} is healthy: {request} answered 200 {_how_often(gate)}"
        case Phase.FAILED:
            limit = gate.deadline - gate.opened_at
            return (
                f"{target.service} did not become healthy within {limit:.0f} s: "
                f"{asked}: {_trouble(gate)}"
            )
        case Phase.CONFIRMING:
            return f"{gate.consecutive} of {gate.threshold} successes: {asked}"
        case Phase.WAITING:
            return f"{asked}: {gate.problem or 'not asked yet'}"


def _how_often(gate: Gate) -> str:
    if gate.threshold == 1 or gate.healthy_at is None or gate.first_healthy_at is None:
        return "once"
    return f"{gate.threshold} times in {gate.healthy_at - gate.first_healthy_at:.1f} s"


def _trouble(gate: Gate) -> str:
    if not gate.consecutive:
        return gate.problem
    run = f"{gate.consecutive} of {gate.threshold} successes when time was up"
    return f"{run}; before that: {gate.problem}" if gate.problem else run
