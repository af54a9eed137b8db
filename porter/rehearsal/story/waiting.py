"""Name the resources that keep a stack waiting, and since when."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from porter.aws.clients import Clients

QUIET_SECONDS = 3.0
"""A resource that takes less is not named."""

_STACK = "AWS::CloudFormation::Stack"
CONDITION = "AWS::CloudFormation::WaitCondition"
_OF_HOSTS = (CONDITION, "AWS::AutoScaling::AutoScalingGroup")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A resource in progress; `since` in seconds since the epoch."""

    stack: str
    logical_id: str
    type: str
    since: float
    status: str = ""

    def sentence(self, now: float | None = None) -> str:
        """Return the resource with the seconds until `now`."""
        seconds = (now or time.time()) - self.since
        return f"waiting for {self.logical_id} ({self.type}) in {self.stack} since {seconds:.0f} s"


def waiting_for(stacks: Iterable[tuple[Clients, str]], *, hosts: bool) -> list[Waiting]:
    """Return what has been in progress for `QUIET_SECONDS`, the longest first.

    Wait conditions and new groups are left out while there are `hosts`, for which they wait: the
    hosts say more. Raises one of `ERRORS`.
    """
    now = time.time()
    found = [one for aws, stack in stacks for one in resources_in_progress(aws, stack)]
    return sorted(
        (
            one
            for one in found
            if now - one.since >= QUIET_SECONDS and not (hosts and _waits_for_hosts(one))
        ),
        key=lambda one: one.since,
    )


def _waits_for_hosts(one: Waiting) -> bool:
    return one.type in _OF_HOSTS and not one.status.startswith("DELETE")


def resources_in_progress(aws: Clients, stack: str) -> Iterator[Waiting]:
    """Yield the resources whose last event of this operation is its beginning."""
    cloudformation = aws["cloudformation"]
    try:
        pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
        events = [event for page in pages for event in page["StackEvents"]]
    except cloudformation.exceptions.ClientError:
        return  # the stack does not exist yet, or no more
    ended: set[str] = set()
    for event in events:  # the newest first
        logical_id, type_name = event["LogicalResourceId"], event.get("ResourceType", "")
        if type_name == _STACK and event.get("PhysicalResourceId") == event["StackId"]:
            return
        if logical_id not in ended and event["ResourceStatus"].endswith("_IN_PROGRESS"):
            yield Waiting(
                stack=stack,
                logical_id=logical_id,
                type=type_name,
                since=event["Timestamp"].timestamp(),
                status=event["ResourceStatus"],
            )
        ended.add(logical_id)
