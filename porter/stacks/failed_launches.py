"""Find the launches that EC2 refused in a stack's Auto Scaling groups, and say them once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from porter.aws.clients import ERRORS, Clients
from porter.stacks.observer import error_code
from porter.stacks.scaling_groups import GROUP, NESTED_STACK

_UNKNOWN = "ValidationError"
"""The answer for a stack or group that does not exist, or not yet."""

_CURES = {
    "vCPU limit": "ask Service Quotas for more vCPUs, or use a smaller instance_type",
    "do not have sufficient": "use another instance_type, or subnets in more zones",
    "Could not launch Spot Instances": "add instance_types, or deploy On-Demand hosts alone",
    "Client error on launch": "allow Auto Scaling's service-linked role to use the KMS key of the "
    "volumes",
    "device name": "set root_device_name= to the root device of the image",
    "valid tag key": "use only letters, digits and + - = . , _ : @ in tag keys",
}
"""What to do, by words of the message.

The words are those of kops#15778, runs-on#73, eksctl#8383, cortex#1258, and of the EC2 Auto Scaling
User Guide, "EC2 instance launch failures".
"""


class FailedLaunches:
    """The failed launches of the stack `stack` that began after the first look.

    The first look only notes what Auto Scaling lists by then, which is up to six weeks old: no
    clock of this machine is compared with one of AWS.

    `hidden` says why the last look could not see a nested stack, whose groups may be missing.
    """

    def __init__(self, stack: str) -> None:
        self.stack = stack
        self.hidden: Exception | None = None
        self._nested: dict[str, tuple[object, ...]] = {}
        self._groups: dict[str, None] = {}
        self._seen: set[str] | None = None
        self._times: Counter[tuple[str, str]] = Counter()

    def look(self, aws: Clients) -> list[str]:
        """Return lines about what failed for the first time. Raises one of `ERRORS`."""
        self.hidden = None
        self._find_groups(aws, self.stack)
        failed = [one for group in self._groups for one in _failed(aws, group)]
        old, self._seen = self._seen, {one["ActivityId"] for one in failed} | (self._seen or set())
        new = [] if old is None else [one for one in failed if one["ActivityId"] not in old]
        lines = []
        for one in new:
            said = one["AutoScalingGroupName"], _message(one)
            self._times[said] += 1
            if self._times[said] == 1:
                lines += _lines("a launch failed", *said)
        return lines

    @property
    def known(self) -> bool:
        """Whether the stack has a group, as far as was seen."""
        return bool(self._groups)

    def _find_groups(self, aws: Clients, stack: str) -> None:
        """Note the names of the stack's groups, those that a rollback has deleted included.

        A nested stack is listed again when it changes: a look takes one request for each.
        """
        for resource in _resources(aws, stack):
            name, kind = resource.get("PhysicalResourceId"), resource["ResourceType"]
            if name and kind == GROUP:
                self._groups[name] = None
            elif name and kind == NESTED_STACK:
                state = resource["ResourceStatus"], resource["LastUpdatedTimestamp"]
                if self._nested.get(name) == state and not state[0].endswith("_IN_PROGRESS"):
                    continue
                try:
                    self._find_groups(aws, name)
                    self._nested[name] = state
                except ERRORS as error:
                    self.hidden = error

    def summary(self) -> list[str]:
        """Return lines about everything that failed; the cures are not repeated."""
        return [
            _lines(f"{times} launches failed" if times > 1 else "a launch failed", *said)[0]
            for said, times in self._times.items()
        ]


def _resources(aws: Clients, stack: str) -> Iterator[Mapping[str, Any]]:
    """Yield the resources of a stack; none of one that does not exist, or not yet."""
    pages = aws["cloudformation"].get_paginator("list_stack_resources")
    try:
        for page in pages.paginate(StackName=stack):
            yield from page["StackResourceSummaries"]
    except ERRORS as error:
        if error_code(error) != _UNKNOWN:
            raise


def _failed(aws: Clients, group: str) -> list[Mapping[str, Any]]:
    """Return the failed launches of a group, the oldest first.

    A launch that fails after EC2 accepted it is cancelled; so is one whose group is being deleted.
    """
    try:
        answer = aws["autoscaling"].describe_scaling_activities(
            AutoScalingGroupName=group, IncludeDeletedGroups=True
        )
    except ERRORS as error:
        if error_code(error) != _UNKNOWN:
            raise
        return []
    return [
        activity
        for activity in reversed(answer["Activities"])
        if activity["Description"].startswith("Launching")
        and (
            activity["StatusCode"] == "Failed"
            or (activity["StatusCode"] == "Cancelled" and "AutoScalingGroupState" not in activity)
        )
    ]


def _message(activity: Mapping[str, Any]) -> str:
    return " ".join((activity.get("StatusMessage") or activity["Description"]).split())


def _lines(what: str, group: str, message: str) -> list[str]:
    cures = [f"  cure: {cure}" for words, cure in _CURES.items() if words in message]
    return [f"{group}: {what}: {message}", *cures[:1]]
