"""The size of an Auto Scaling group, and the number of healthy hosts that a release needs."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws, CfnCondition, CfnParameter, Fn, Names, Stack, Token
from aws_cdk import aws_autoscaling as autoscaling
from constructs import Construct

from porter.spec import SpecError
from porter.spec.check import check_whole
from porter.spec.synthesis import LIVE_CAPACITY, UNKNOWN_CAPACITY
from porter_cdk.data_key import outermost_stack
from porter_cdk.host_props import HostProps

_SIZES = ("min_capacity", "max_capacity", "desired_capacity", "min_healthy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The sizes of an Auto Scaling group, and the number of signals that a release waits for.

    `healthy` defaults to the minimum, not to `desired`: when the next release replaces the group,
    it may have any size between minimum and maximum.
    """

    minimum: int
    maximum: int
    desired: int | None
    healthy: int

    @classmethod
    def of(cls, props: HostProps) -> Capacity:
        """Return the numbers in `props`. Raises `SpecError` if they contradict each other."""
        sizes = {name: props.get(name) for name in _SIZES}
        for name, value in sizes.items():
            if (value is not None or name == "min_capacity") and check_whole(name, value) < 1:
                raise SpecError(f"must be at least 1, got {value}", where=name)
        minimum, desired = props["min_capacity"], props.get("desired_capacity")
        maximum, healthy = props.get("max_capacity"), props.get("min_healthy")
        capacity = cls(
            minimum=minimum,
            maximum=maximum if maximum is not None else max(minimum, desired or 0),
            desired=desired,
            healthy=healthy if healthy is not None else minimum,
        )
        capacity._check_order()
        return capacity

    @property
    def spare(self) -> bool:
        """Whether every release starts more hosts than it needs; `desired` is for the next one."""
        return self.healthy < self.minimum

    def _check_order(self) -> None:
        if self.maximum < self.minimum:
            raise SpecError(f"is below min_capacity ({self.minimum})", where="max_capacity")
        if self.desired is not None and not self.minimum <= self.desired <= self.maximum:
            raise SpecError(f"must be {self.minimum}-{self.maximum}", where="desired_capacity")
        started = self.desired or self.minimum
        if self.healthy > started:
            raise SpecError(
                f"{self.healthy} hosts cannot become healthy if only {started} start",
                where="min_healthy",
                cure="raise min_capacity",
            )


def carry_over(host: Construct, group: autoscaling.CfnAutoScalingGroup, capacity: Capacity) -> None:
    """Make the size of `group` a parameter of the outermost stack, which `porter deploy` sets.

    The parameter is 0 by default, and CloudFormation then chooses the size. A group with a desired
    or a fixed size gets no parameter. The default is a number, because validators put it into
    `DesiredCapacity`. Stacks of earlier versions may still have the empty value.
    """
    if capacity.desired is not None or capacity.minimum == capacity.maximum:
        return
    outermost = outermost_stack(host)
    nested = outermost is not Stack.of(host)  # the CDK passes the parameter on
    size = CfnParameter(
        outermost if nested else host,
        f"{Names.unique_id(host)}LiveCapacity" if nested else "LiveCapacity",
        default=UNKNOWN_CAPACITY,
        allowed_pattern="[0-9]*",
        description=f"How many hosts {host.node.path} has now (porter deploy says it)",
    )
    known = CfnCondition(
        host,
        "KnowsLiveCapacity",
        expression=Fn.condition_not(
            Fn.condition_or(
                Fn.condition_equals(size.value_as_string, UNKNOWN_CAPACITY),
                Fn.condition_equals(size.value_as_string, ""),
            )
        ),
    )
    group.add_metadata(LIVE_CAPACITY, host.node.path)
    group.desired_capacity = Token.as_string(
        Fn.condition_if(known.logical_id, size.value_as_string, Aws.NO_VALUE)
    )
