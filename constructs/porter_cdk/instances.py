"""What an Auto Scaling group launches: its instance types, and its share of Spot Instances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from aws_cdk import Duration, Token
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2

from porter.spec import SpecError
from porter_cdk.host_props import HostProps
from porter_cdk.image import processor

_Group = autoscaling.CfnAutoScalingGroup
_MOST_TYPES = 40
"""The largest number of types in a policy (CDK, `MixedInstancesPolicy.launchTemplateOverrides`)."""

_MOST_DAYS = 365
"""The longest lifetime (Auto Scaling API Reference, `MaxInstanceLifetime`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instances:
    """The instance types of a group, the preferred one first, and how it buys them.

    Without a distribution and with one type, the group has no mixed instances policy.
    """

    types: Sequence[ec2.InstanceType]
    distribution: autoscaling.InstancesDistribution | None
    max_lifetime: Duration | None

    @classmethod
    def of(cls, props: HostProps) -> Self:
        """Return what `props` ask for. Raises `SpecError` for what no group can launch."""
        one, several = props.get("instance_type"), props.get("instance_types")
        if one is not None and several is not None:
            raise SpecError(
                "cannot be combined with instance_types",
                where="instance_type",
                cure="write all types into instance_types, the preferred one first",
            )
        types = [one or ec2.InstanceType("t3.small")] if several is None else several
        _check_types(types)
        distribution = props.get("instances_distribution")
        if distribution:
            _check(distribution)
        lifetime = props.get("max_instance_lifetime")
        if lifetime is not None:
            _check_lifetime(lifetime)
        return cls(types=types, distribution=distribution, max_lifetime=lifetime)

    @property
    def spot(self) -> bool:
        """Whether any size of the group may have Spot Instances; AWS's default is none."""
        given = self.distribution
        share = given.on_demand_percentage_above_base_capacity if given else None
        return share is not None and (Token.is_unresolved(share) or share < 100)  # noqa: PLR2004

    def launch(self, made: _Group, template: _Group.LaunchTemplateSpecificationProperty) -> None:
        """Let `made` launch these instances from `template`.

        A release makes its own group, also when only the policy changes. In place, Auto Scaling
        would exchange hosts for those of the new share, and nothing would wait for them (Auto
        Scaling API Reference, "InstancesDistribution"; ADR 0047).
        """
        if self.distribution is None and len(self.types) == 1:
            made.launch_template = template
            return
        made.launch_template = None
        made.mixed_instances_policy = _Group.MixedInstancesPolicyProperty(
            instances_distribution=_rendered(self.distribution) if self.distribution else None,
            launch_template=_Group.LaunchTemplateProperty(
                launch_template_specification=template,
                overrides=[
                    _Group.LaunchTemplateOverridesProperty(instance_type=one.to_string())
                    for one in self.types
                ],
            ),
        )


def _check_types(types: Sequence[ec2.InstanceType]) -> None:
    if not 1 <= len(types) <= _MOST_TYPES:
        raise SpecError(f"has {len(types)} types, not 1-{_MOST_TYPES}", where="instance_types")
    processors = {processor(one): one.to_string() for one in reversed(types)}
    if len(processors) > 1:
        named = ", ".join(f"{name} is {kind}" for kind, name in processors.items())
        raise SpecError(
            f"have different processors: {named}. All hosts of a group boot one machine image",
            where="instance_types",
            cure="choose types of one processor, or make a second service",
        )


def _check(distribution: autoscaling.InstancesDistribution) -> None:
    where = "instances_distribution"
    share = distribution.on_demand_percentage_above_base_capacity
    base = distribution.on_demand_base_capacity
    if share is not None and not Token.is_unresolved(share) and not 0 <= share <= 100:  # noqa: PLR2004
        raise SpecError(
            f"must be 0-100, got {share:g}",
            where=f"{where}/on_demand_percentage_above_base_capacity",
            cure="0 makes all hosts above the base Spot Instances, 100 none",
        )
    if base is not None and not Token.is_unresolved(base) and base < 0:
        raise SpecError(f"is below 0: {base:g}", where=f"{where}/on_demand_base_capacity")
    wants_spot = base or distribution.spot_allocation_strategy or distribution.spot_max_price
    if share is None and (wants_spot or distribution.spot_instance_pools):
        raise SpecError(
            "buys no Spot Instances: AWS makes all hosts On-Demand without a percentage",
            where=where,
            cure="pass on_demand_percentage_above_base_capacity=0 for Spot above the base",
        )


def _check_lifetime(lifetime: Duration) -> None:
    days = lifetime.to_days(integral=False)
    if not (Token.is_unresolved(days) or 1 <= days <= _MOST_DAYS):
        raise SpecError(f"must be 1-{_MOST_DAYS} days, got {days:g}", where="max_instance_lifetime")


def _rendered(given: autoscaling.InstancesDistribution) -> _Group.InstancesDistributionProperty:
    """Return CloudFormation's form, with the Spot allocation strategy that AWS recommends.

    AWS's own default, lowest-price, has the highest risk of interruption (Auto Scaling User Guide,
    "Allocation strategies for multiple instance types").
    """
    spot = given.spot_allocation_strategy
    if spot is None and given.spot_instance_pools is None:  # pools are lowest-price's
        spot = autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED
    return _Group.InstancesDistributionProperty(
        on_demand_allocation_strategy=_words(given.on_demand_allocation_strategy),
        on_demand_base_capacity=given.on_demand_base_capacity,
        on_demand_percentage_above_base_capacity=given.on_demand_percentage_above_base_capacity,
        spot_allocation_strategy=_words(spot),
        spot_instance_pools=given.spot_instance_pools,
        spot_max_price=given.spot_max_price,
    )


def _words(
    strategy: autoscaling.OnDemandAllocationStrategy | autoscaling.SpotAllocationStrategy | None,
) -> str | None:
    """Return AWS's name of `strategy`; in Python the CDK's enums have their own names as values."""
    return strategy.value.lower().replace("_", "-") if strategy else None
