"""How many hosts an app's groups have now, so that the groups that replace them begin alike."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from porter.aws.clients import ERRORS, Clients
from porter.build.groups import Group, Home, groups
from porter.build.observer import Observer, denied, error_code
from porter.errors import PorterError

_NEVER_DEPLOYED = "ValidationError"
"""What CloudFormation answers about a stack or a resource it does not know."""

_MAY_LOOK = (
    "let these credentials assume the bootstrap's lookup role, or allow them "
    "cloudformation:DescribeStackResource and autoscaling:DescribeAutoScalingGroups"
)


@dataclass(slots=True)
class LiveCapacity:
    """The hosts that groups have, as far as AWS told, and why it did not tell the rest."""

    groups: Sequence[Group]
    hosts: dict[Group, int] = field(default_factory=dict)
    problem: str = ""

    def parameters(self) -> dict[str, str]:
        """What to give to the stacks: `STACK:NAME` to a number, or to nothing.

        Nothing where a group would begin so anyway, or its size is not known: else CloudFormation
        would be given the value of the last deployment again. cdk cannot tell stacks of one name in
        several regions apart; the largest counts there.
        """
        sharing: dict[str, list[Group]] = {}
        for group in self.groups:
            sharing.setdefault(group.parameter, []).append(group)
        return {parameter: self._value(sharers) for parameter, sharers in sharing.items()}

    def _value(self, sharers: Sequence[Group]) -> str:
        """A size within the ends of all `sharers`, which CloudFormation would insist on."""
        hosts = max(self.hosts.get(group, 0) for group in sharers)
        size = min(hosts, *(group.maximum for group in sharers))
        return str(size) if size > max(group.minimum for group in sharers) else ""


def read(assembly: Path, *, profile: str | None, seconds: float) -> LiveCapacity:
    """Ask AWS about every group in the folder `assembly`, for at most `seconds`.

    It raises nothing about AWS: without credentials, and before a stack is first deployed, there is
    nothing to know.
    """
    known = LiveCapacity(list(groups(assembly)))
    # A daemon, since botocore's own time-outs are longer than anybody wants to wait here.
    asking = threading.Thread(target=_ask, args=(known, profile), daemon=True)
    asking.start()
    asking.join(seconds)
    if asking.is_alive():
        late = f"AWS did not answer within {seconds:g} s"
        return LiveCapacity(known.groups, dict(known.hosts), late)
    return known


def _ask(known: LiveCapacity, profile: str | None) -> None:
    observers: dict[Home, Observer] = {}
    for group in known.groups:
        try:
            if group.home not in observers:
                observers[group.home] = Observer(group.home, profile)
            known.hosts[group] = observers[group.home].ask(partial(_hosts, group))
        except PorterError as error:
            known.problem = error.what
        except ERRORS as error:
            code = error_code(error)
            if code not in ("", _NEVER_DEPLOYED):
                known.problem = f"AWS answered {code}" + (f"; {_MAY_LOOK}" if denied(error) else "")


def _hosts(group: Group, aws: Clients) -> int:
    """0 for a group that is gone."""
    resource = aws["cloudformation"].describe_stack_resource(
        StackName=group.stack, LogicalResourceId=group.logical_id
    )
    name = resource["StackResourceDetail"].get("PhysicalResourceId")
    found = aws["autoscaling"].describe_auto_scaling_groups(AutoScalingGroupNames=[name or "-"])
    return sum(int(one["DesiredCapacity"]) for one in found["AutoScalingGroups"])
