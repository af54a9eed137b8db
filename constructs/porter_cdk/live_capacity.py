"""Let a group that replaces another begin with as many hosts as serve now."""

from __future__ import annotations

from aws_cdk import aws_autoscaling as autoscaling
from constructs import Construct

from porter.build.context import LIVE_CAPACITY, LIVE_CAPACITY_METADATA
from porter.spec import SpecError
from porter_cdk.capacity import Capacity


def carry_over(host: Construct, group: autoscaling.CfnAutoScalingGroup, capacity: Capacity) -> None:
    """Take the group's live size from the context, where `porter deploy` puts it.

    A size the user asks for wins. The live one is kept within the group's ends. Raises `SpecError`
    for one that is no number.
    """
    if capacity.desired is not None:
        return
    key = LIVE_CAPACITY + host.node.path
    group.add_metadata(LIVE_CAPACITY_METADATA, key)
    live = host.node.try_get_context(key)
    if live is None:
        return
    if not str(live).isdecimal():
        raise SpecError(f"must be a number of hosts, got {live!r}", where=f"context/{key}")
    group.desired_capacity = str(max(capacity.minimum, min(int(live), capacity.maximum)))
