"""Tell the health of targets as the fleet's load balancers see it, where ministack says healthy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

TARGETS = "targets.json"
"""The fleet's file: for each ARN of a target group and each target, state, reason, description."""

State = tuple[str, str, str]
Health = Mapping[str, Mapping[str, State]]
Answer = tuple[int, dict[str, str], bytes]

HEALTHY: State = ("healthy", "", "")
INITIAL: State = ("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
DRAINING: State = (
    "draining",
    "Target.DeregistrationInProgress",
    "Target deregistration is in progress",
)
_REGISTERING: State = (
    "initial",
    "Elb.RegistrationInProgress",
    "Target registration is in progress",
)
_UNREGISTERED: State = (
    "unused",
    "Target.NotRegistered",
    "Target is not registered to the target group",
)
_UNUSED: State = (
    "unused",
    "Target.NotInUse",
    "Target group is not configured to receive traffic from the load balancer",
)


def unhealthy(check: str, code: str) -> State:
    """Return the state after a failed check; `check` and `code` are HAProxy's words for it.

    HAProxy's management guide, section 9.1 ("check_status").
    """
    if check.startswith("L7STS"):
        text = f"Health checks failed with these codes: [{code}]"
        return ("unhealthy", "Target.ResponseCodeMismatch", text)
    if "TOUT" in check:
        return ("unhealthy", "Target.Timeout", "Request timed out")
    return ("unhealthy", "Target.FailedHealthChecks", "Health checks failed")


def tell_health(load_balancing: ModuleType, path: Path) -> None:
    """Let DescribeTargetHealth answer from the file `path`.

    Elastic Load Balancing API Reference, "TargetHealth", and its user guide for Application Load
    Balancers, "Target health status".
    """

    def describe(parameters: Mapping[str, Any]) -> Answer:
        arn = parameters.get("TargetGroupArn", "")
        arn = arn[0] if isinstance(arn, list) else arn
        if arn not in load_balancing._tgs:  # noqa: SLF001 - no public name
            text = f"Target group '{arn}' not found."
            missing: Answer = load_balancing._error("TargetGroupNotFound", text)  # noqa: SLF001
            return missing
        seen = _read(path).get(arn, {})
        registered = [one["Id"] for one in load_balancing._targets.get(arn, [])]  # noqa: SLF001
        asked = [one["Id"] for one in load_balancing._parse_targets_param(parameters)]  # noqa: SLF001
        states = {}
        for target in asked or registered:
            states[target] = seen.get(target, _REGISTERING)
            if target not in registered:
                # The fleet's load balancer has the target until its requests are finished.
                states[target] = DRAINING if target in seen else _UNREGISTERED
            elif not _in_use(load_balancing, arn):
                states[target] = _UNUSED
        port = str(load_balancing._tgs[arn].get("Port", 80))  # noqa: SLF001
        members = "".join(_member(target, port, state) for target, state in states.items())
        body = f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"
        answer: Answer = load_balancing._xml(200, "DescribeTargetHealth", body)  # noqa: SLF001
        return answer

    load_balancing._ACTION_MAP["DescribeTargetHealth"] = describe  # noqa: SLF001


def _read(path: Path) -> Health:
    with suppress(FileNotFoundError):
        health: Health = json.loads(path.read_text("utf-8"))
        return health
    return {}


def _in_use(load_balancing: ModuleType, arn: str) -> bool:
    """Whether a listener, or a rule of one, names the target group."""
    listeners, rules = load_balancing._listeners, load_balancing._rules  # noqa: SLF001
    actions = [one["DefaultActions"] for one in listeners.values()]
    actions += [one["Actions"] for one in rules.values()]
    return arn in json.dumps(actions)


def _member(target: str, port: str, state: State) -> str:
    fields = zip(("State", "Reason", "Description"), state, strict=True)
    health = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields if text)
    return (
        f"<member><Target><Id>{escape(target)}</Id><Port>{port}</Port></Target>"
        f"<HealthCheckPort>{port}</HealthCheckPort><TargetHealth>{health}</TargetHealth></member>"
    )
