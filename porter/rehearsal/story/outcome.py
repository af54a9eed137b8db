"""Read from CloudFormation how stacks ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from porter.aws.clients import ERRORS, Clients

NOT_CREATED = "NOT_CREATED"
COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_BEGINNINGS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
_CONSEQUENCES = ("Resource creation cancelled", "The following resource(s) failed")
"""How reasons begin that only say that another resource failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A stack's status, and the first reason that explains a failure (empty if there is none)."""

    name: str
    status: str
    reason: str


def read_outcome(aws: Clients, name: str) -> Outcome:
    """Return the outcome of the stack `name`; without one, its status is NOT_CREATED."""
    try:
        found = aws["cloudformation"].describe_stacks(StackName=name)["Stacks"][0]
    except ERRORS:
        return Outcome(name=name, status=NOT_CREATED, reason="")
    status = found["StackStatus"]
    reason = "" if status in COMPLETE else _reason(aws, found["StackId"])
    return Outcome(name=name, status=status, reason=reason)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the first stack that failed, else the first that is not complete, else the first."""
    return min(outcomes, key=lambda outcome: (outcome.status in COMPLETE, not outcome.reason))


def _reason(aws: Clients, stack: str) -> str:
    """Return the first failure of the stack's last operation; events come newest first."""
    found = ""
    for page in (
        aws["cloudformation"].get_paginator("describe_stack_events").paginate(StackName=stack)
    ):
        for event in page["StackEvents"]:
            status, reason = event["ResourceStatus"], event.get("ResourceStatusReason", "")
            if event.get("PhysicalResourceId") == stack and status in _BEGINNINGS:
                return found
            if status.endswith("_FAILED") and not reason.startswith(_CONSEQUENCES):
                found = f"{event['LogicalResourceId']}: {reason}"
    return found
