"""Find out how many hosts an app's Auto Scaling groups have, for the groups that replace them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import eq

from porter.aws.clients import ERRORS, Clients
from porter.errors import PorterError
from porter.spec.synthesis import UNKNOWN_CAPACITY, without_release
from porter.stacks.background import ended_within
from porter.stacks.observer import Observers, error_code, problem_of
from porter.stacks.scaling_groups import ScalingGroup, Stack, scaling_groups

_NEVER_DEPLOYED = "ValidationError"
"""CloudFormation's answer for an unknown stack or resource."""

_ACTIONS = ("cloudformation:ListStackResources", "autoscaling:DescribeAutoScalingGroups")


@dataclass(slots=True)
class LiveCapacity:
    """The number of hosts of each group that AWS knows, and `problem`: why others are missing."""

    groups: Sequence[ScalingGroup]
    hosts: dict[ScalingGroup, int] = field(default_factory=dict)
    problem: str = ""

    def parameters(self) -> dict[str, str]:
        """Return the stacks' parameters: `STACK:NAME` to a number.

        The number is 0 if the group starts with its size anyway, or if the size is unknown. The 0
        is passed on purpose: CloudFormation would reuse the last deployment's
        value. cdk cannot distinguish stacks of one name in several regions: the largest size wins.
        """
        sharing: dict[str, list[ScalingGroup]] = {}
        for group in self.groups:
            sharing.setdefault(group.parameter, []).append(group)
        return {parameter: self._value(sharers) for parameter, sharers in sharing.items()}

    def _value(self, sharers: Sequence[ScalingGroup]) -> str:
        """Return a size between the minimum and maximum of all `sharers`: others are refused."""
        hosts = max(self.hosts.get(group, 0) for group in sharers)
        size = min(hosts, *(group.maximum for group in sharers))
        smallest = max(group.minimum for group in sharers)
        return str(size) if size > smallest else UNKNOWN_CAPACITY


def read(stacks: Iterable[Stack], observers: Observers, *, seconds: float) -> LiveCapacity:
    """Ask AWS about every group of `stacks`, for at most `seconds`.

    Errors of AWS become `problem`. No credentials and a stack that was never deployed are no
    problem.
    """
    known = LiveCapacity(list(scaling_groups(stacks)))
    if ended_within(seconds, partial(_ask, known, observers)):
        return known
    late = f"AWS did not answer within {seconds:g} s"
    return LiveCapacity(known.groups, dict(known.hosts), late)


def _ask(known: LiveCapacity, observers: Observers) -> None:
    for group in known.groups:
        try:
            known.hosts[group] = observers.ask(group.home, partial(_hosts, group))
        except PorterError as error:
            known.problem = error.what
        except ERRORS as error:
            if error_code(error) not in ("", _NEVER_DEPLOYED):
                known.problem = problem_of(error, *_ACTIONS)


def _hosts(group: ScalingGroup, aws: Clients) -> int:
    """Return the desired capacity of `group`, whatever its release; 0 if the group is gone."""
    stack = group.stack
    for nested in group.nested:
        found = _named(aws, stack, partial(eq, nested))
        if not found:
            return 0
        [stack] = found
    names = _named(aws, stack, lambda name: without_release(name) == group.logical_id)
    if not names:
        return 0
    groups = aws["autoscaling"].describe_auto_scaling_groups(AutoScalingGroupNames=names)
    return max((int(one["DesiredCapacity"]) for one in groups["AutoScalingGroups"]), default=0)


def _named(aws: Clients, stack: str, wanted: Callable[[str], bool]) -> list[str]:
    """Return the physical ids of the resources of `stack` whose logical ids are `wanted`."""
    pages = aws["cloudformation"].get_paginator("list_stack_resources")
    return [
        resource["PhysicalResourceId"]
        for page in pages.paginate(StackName=stack)
        for resource in page["StackResourceSummaries"]
        if wanted(resource["LogicalResourceId"]) and resource.get("PhysicalResourceId")
    ]
