"""Let a new Auto Scaling group start with as many hosts as run now."""

from __future__ import annotations

from aws_cdk import Aws, CfnCondition, CfnParameter, Fn, Token
from aws_cdk import aws_autoscaling as autoscaling
from constructs import Construct

from porter.spec.synthesis import LIVE_CAPACITY
from porter_cdk.capacity import Capacity


def carry_over(host: Construct, group: autoscaling.CfnAutoScalingGroup, capacity: Capacity) -> None:
    """Make the size of `group` a parameter of the stack, which `porter deploy` sets.

    The parameter is empty by default, and CloudFormation then chooses the size. A group with a
    desired or a fixed size gets no parameter.
    """
    if capacity.desired is not None or capacity.minimum == capacity.maximum:
        return
    size = CfnParameter(
        host,
        "LiveCapacity",
        default="",
        allowed_pattern="[0-9]*",
        description=f"How many hosts {host.node.path} has now (porter deploy says it)",
    )
    known = CfnCondition(
        host,
        "KnowsLiveCapacity",
        expression=Fn.condition_not(Fn.condition_equals(size.value_as_string, "")),
    )
    group.add_metadata(LIVE_CAPACITY, host.node.path)
    group.desired_capacity = Token.as_string(
        Fn.condition_if(known.logical_id, size.value_as_string, Aws.NO_VALUE)
    )
