"""A group of several instance types, with a share of Spot Instances."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2

from porter_cdk import PorterService, Process, SpecError

SMALL, AMD, ARM = (ec2.InstanceType(name) for name in ("t3.small", "t3a.small", "t4g.small"))
HALF = autoscaling.InstancesDistribution(
    on_demand_base_capacity=1, on_demand_percentage_above_base_capacity=50
)


def group_of(template: dict[str, Any]) -> dict[str, Any]:
    kind = "AWS::AutoScaling::AutoScalingGroup"
    [found] = [one for one in template["Resources"].values() if one["Type"] == kind]
    properties: dict[str, Any] = found["Properties"]
    return properties


@pytest.mark.argument(
    "PorterHost(instance_types=...)", effect="the overrides of the mixed instances policy"
)
@pytest.mark.argument(
    "PorterHost(instances_distribution=...)", effect="the policy's distribution, and rebalancing"
)
@pytest.mark.argument("PorterHost(max_instance_lifetime=...)", effect="the group's seconds")
def test_a_group_launches_several_types_and_spot_instances(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    PorterService(
        stack,
        "Service",
        run=run,
        instance_types=[SMALL, AMD],
        instances_distribution=HALF,
        max_instance_lifetime=cdk.Duration.days(30),
    )
    template = template_of(stack)
    group = group_of(template)
    policy = group["MixedInstancesPolicy"]
    specification = policy["LaunchTemplate"]["LaunchTemplateSpecification"]
    assert specification["Version"] == "1"
    launched = template["Resources"][specification["LaunchTemplateId"]["Ref"]]
    assert launched["Properties"]["LaunchTemplateData"]["InstanceType"] == "t3.small"
    overrides = policy["LaunchTemplate"]["Overrides"]
    assert overrides == [{"InstanceType": "t3.small"}, {"InstanceType": "t3a.small"}]
    assert policy["InstancesDistribution"] == {
        "OnDemandBaseCapacity": 1,
        "OnDemandPercentageAboveBaseCapacity": 50,
        "SpotAllocationStrategy": "price-capacity-optimized",
    }
    assert "LaunchTemplate" not in group
    assert group["CapacityRebalance"] is True
    assert group["MaxInstanceLifetime"] == 30 * 24 * 3600


def test_one_type_on_demand_has_no_policy(stack: cdk.Stack, run: Process, template_of: Any) -> None:
    PorterService(stack, "Service", run=run, instance_types=[AMD])
    group = group_of(template_of(stack))
    assert group["LaunchTemplate"]
    assert {"MixedInstancesPolicy", "CapacityRebalance", "MaxInstanceLifetime"}.isdisjoint(group)


def test_types_without_spot_are_not_rebalanced(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    PorterService(stack, "Service", run=run, instance_types=[SMALL, AMD])
    group = group_of(template_of(stack))
    assert "InstancesDistribution" not in group["MixedInstancesPolicy"]
    assert "CapacityRebalance" not in group


def test_one_type_can_be_spot(stack: cdk.Stack, run: Process, template_of: Any) -> None:
    PorterService(stack, "Service", run=run, instances_distribution=HALF)
    policy = group_of(template_of(stack))["MixedInstancesPolicy"]
    assert policy["LaunchTemplate"]["Overrides"] == [{"InstanceType": "t3.small"}]


def test_arm_types_boot_the_arm_image(stack: cdk.Stack, run: Process, template_of: Any) -> None:
    PorterService(stack, "Service", run=run, instance_types=[ARM, ec2.InstanceType("m7g.large")])
    assert "arm64" in str(template_of(stack)["Parameters"])


@pytest.mark.parametrize("kind", [*autoscaling.SpotAllocationStrategy])
def test_a_distribution_is_written_as_the_cdk_writes_it(
    kind: autoscaling.SpotAllocationStrategy, run: Process, template_of: Any
) -> None:
    distribution = autoscaling.InstancesDistribution(
        on_demand_allocation_strategy=autoscaling.OnDemandAllocationStrategy.LOWEST_PRICE,
        on_demand_percentage_above_base_capacity=0,
        spot_allocation_strategy=kind,
        spot_max_price="0.05",
    )
    own, theirs = (cdk.Stack(cdk.App(), "Hello") for _ in range(2))
    PorterService(own, "Service", run=run, instances_distribution=distribution)
    vpc = ec2.Vpc(theirs, "Vpc", nat_gateways=0)
    template = ec2.LaunchTemplate(
        theirs,
        "Template",
        instance_type=SMALL,
        machine_image=ec2.MachineImage.latest_amazon_linux2023(),
    )
    autoscaling.AutoScalingGroup(
        theirs,
        "Group",
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
        mixed_instances_policy=autoscaling.MixedInstancesPolicy(
            launch_template=template, instances_distribution=distribution
        ),
    )
    ours, plain = (
        group_of(template_of(one))["MixedInstancesPolicy"]["InstancesDistribution"]
        for one in (own, theirs)
    )
    assert ours == plain


def test_pools_keep_the_strategy_that_has_them(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    pools = autoscaling.InstancesDistribution(
        on_demand_percentage_above_base_capacity=0, spot_instance_pools=2
    )
    PorterService(stack, "Service", run=run, instances_distribution=pools)
    policy = group_of(template_of(stack))["MixedInstancesPolicy"]
    assert policy["InstancesDistribution"] == {
        "OnDemandPercentageAboveBaseCapacity": 0,
        "SpotInstancePools": 2,
    }


@pytest.mark.parametrize(
    ("props", "message"),
    [
        (
            {"instance_types": [SMALL, ARM]},
            "instance_types: have different processors: t4g.small is arm64, t3.small is x86_64. ",
        ),
        ({"instance_types": []}, "instance_types: has 0 types, not 1-40"),
        (
            {"instance_types": [SMALL], "instance_type": SMALL},
            "instance_type: cannot be combined with instance_types",
        ),
        (
            {
                "instances_distribution": autoscaling.InstancesDistribution(
                    on_demand_percentage_above_base_capacity=120
                )
            },
            "on_demand_percentage_above_base_capacity: must be 0-100, got 120",
        ),
        (
            {
                "instances_distribution": autoscaling.InstancesDistribution(
                    on_demand_base_capacity=-1
                )
            },
            "instances_distribution/on_demand_base_capacity: is below 0: -1",
        ),
        ({"instances_distribution": 50}, "instances_distribution: must be InstancesDistribution"),
        (
            {
                "instances_distribution": autoscaling.InstancesDistribution(
                    on_demand_base_capacity=1
                )
            },
            "instances_distribution: buys no Spot Instances",
        ),
        (
            {"max_instance_lifetime": cdk.Duration.hours(1)},
            "max_instance_lifetime: must be 1-365 days, got 0.04",
        ),
    ],
)
def test_what_no_group_can_launch_is_refused(
    stack: cdk.Stack, run: Process, props: dict[str, Any], message: str
) -> None:
    with pytest.raises(SpecError) as error:
        PorterService(stack, "Service", run=run, **props)
    assert message in str(error.value)


def test_tokens_pass(stack: cdk.Stack, run: Process, template_of: Any) -> None:
    share = cdk.CfnParameter(stack, "Share", type="Number", default=50)
    tokens = autoscaling.InstancesDistribution(
        on_demand_percentage_above_base_capacity=share.value_as_number,
        on_demand_base_capacity=share.value_as_number,
    )
    PorterService(stack, "Service", run=run, instances_distribution=tokens)
    group = group_of(template_of(stack))
    distribution = group["MixedInstancesPolicy"]["InstancesDistribution"]
    assert distribution["OnDemandPercentageAboveBaseCapacity"] == {"Ref": "Share"}
    assert group["CapacityRebalance"] is True
