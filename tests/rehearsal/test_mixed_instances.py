"""A group with a mixed instances policy has the instances that Auto Scaling documents.

Amazon EC2 Auto Scaling User Guide, "Setup overview for creating a mixed instances group".
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from porter.aws.clients import Clients
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.fleet.auto_scaling import read_auto_scaling_groups, read_launch_template
from porter.rehearsal.fleet.purchases import Purchases
from porter.rehearsal.fleet.sizing import next_step
from porter.rehearsal.machines.api import ON_DEMAND, SPOT
from tests.harness.slowness import slowness
from tests.rehearsal.sizes import One, group, names


def grown(purchases: Purchases, size: int) -> list[One]:
    there: list[One] = []
    for _ in range(size):
        there.append(One(f"{len(there)}", purchases.next(there)[0]))
    return there


@pytest.mark.parametrize(
    ("base", "percentage", "on_demand"),
    [
        (10, 50, {10: 10, 20: 15, 30: 20, 40: 25}),  # the examples of the User Guide
        (0, 0, {10: 0, 20: 0}),
        (0, 60, {10: 6, 20: 12}),
        (0, 100, {10: 10}),
        (12, 0, {10: 10, 20: 12, 40: 12}),
        (0, 50, {1: 1, 2: 1, 3: 2}),  # a fraction is rounded up to On-Demand
        (1, 30, {2: 2, 4: 2, 5: 3}),
    ],
)
def test_the_share_of_on_demand_instances_is_that_of_the_documentation(
    base: int, percentage: int, on_demand: dict[int, int]
) -> None:
    purchases = Purchases(base=base, percentage=percentage)
    assert {size: purchases.on_demand(size) for size in on_demand} == on_demand
    for size, number in on_demand.items():
        assert [one.life_cycle for one in grown(purchases, size)].count(ON_DEMAND) == number


def test_the_base_comes_first_and_spot_types_take_turns() -> None:
    purchases = Purchases(types=("t3.small", "t3a.small"), base=1, percentage=0)
    bought: list[tuple[str, str]] = []
    there: list[One] = []
    for _ in range(4):
        bought.append(purchases.next(there))
        there.append(One("", bought[-1][0]))
    assert bought == [
        (ON_DEMAND, "t3.small"),
        (SPOT, "t3.small"),
        (SPOT, "t3a.small"),
        (SPOT, "t3.small"),
    ]


def test_a_group_without_a_policy_buys_on_demand_instances_of_its_template() -> None:
    assert Purchases.of({}).next([One("", ON_DEMAND)]) == (ON_DEMAND, "")


def test_a_scale_in_first_chooses_the_purchase_option() -> None:
    half = Purchases(base=1, percentage=0)
    here = [One("d", ON_DEMAND), One("s"), One("t")]
    assert names(next_step(group(2, half), here, lambda _: True).leaving) == "s"
    assert names(next_step(group(1, half), here, lambda _: True).leaving) == "st"
    assert names(next_step(group(0, half), here, lambda _: True).leaving) == "std"


def test_an_instance_at_risk_leaves_when_its_replacement_is_healthy() -> None:
    """User Guide, "Capacity Rebalancing in Auto Scaling to replace at-risk Spot Instances"."""
    old, risky, new = One("o"), One("r", at_risk=True), One("n")
    calm = next_step(group(2), [old, risky], lambda _: True)
    assert (calm.leaving, calm.launches) == ([], 0)
    first = next_step(group(2, rebalances=True), [old, risky], lambda _: True)
    assert (names(first.there), names(first.leaving), first.launches) == ("o", "", 1)
    waiting = next_step(group(2, rebalances=True), [old, risky, new], lambda one: one != new)
    assert (names(waiting.leaving), waiting.launches) == ("", 0)
    done = next_step(group(2, rebalances=True), [old, risky, new], lambda _: True)
    assert (names(done.leaving), done.launches) == ("r", 0)


def test_a_full_group_exceeds_its_maximum_by_one_instance() -> None:
    risky = [One("a", at_risk=True), One("b", at_risk=True)]
    full = group(2, rebalances=True, max_size=2)
    assert next_step(full, risky, lambda _: True).launches == 1
    step = next_step(full, [*risky, One("n")], lambda _: True)
    assert (names(step.leaving), step.launches) == ("a", 0)


TEMPLATE = {
    "Type": "AWS::EC2::LaunchTemplate",
    "Properties": {"LaunchTemplateData": {"InstanceType": "t3.small", "ImageId": "ami-1"}},
}
LAUNCHED = {"LaunchTemplateId": {"Ref": "Template"}, "Version": "1"}
POLICY = {
    "InstancesDistribution": {
        "OnDemandBaseCapacity": 1,
        "OnDemandPercentageAboveBaseCapacity": 50,
        "SpotAllocationStrategy": "price-capacity-optimized",
    },
    "LaunchTemplate": {
        "LaunchTemplateSpecification": LAUNCHED,
        "Overrides": [{"InstanceType": "t3.small"}, {"InstanceType": "t3a.small"}],
    },
}


def deploy(aws: Clients, name: str, **properties: Any) -> str:
    """Make a stack with one group; return the reason why that failed, or nothing."""
    hosts = {"MinSize": "1", "MaxSize": "3", **properties}
    resources = {
        "Template": TEMPLATE,
        "Hosts": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": hosts},
    }
    cloudformation = aws["cloudformation"]
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    ends = time.monotonic() + 20 * slowness()
    while cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"].endswith(
        "_IN_PROGRESS"
    ):
        assert time.monotonic() < ends
        time.sleep(0.05)
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    reasons = [
        one.get("ResourceStatusReason", "") for one in events if "FAILED" in one["ResourceStatus"]
    ]
    return "; ".join(reasons)


@pytest.fixture
def mine(emulator: Emulator) -> Clients:
    """AWS for an account of its own, whose groups the other tests do not see."""
    return account.clients(Environment(account="210987654321"), emulator.endpoint)


def test_the_embedded_aws_describes_a_policy_as_aws_does(mine: Clients) -> None:
    assert deploy(mine, "Mixed", MixedInstancesPolicy=POLICY, CapacityRebalance=True) == ""
    [found] = mine["autoscaling"].describe_auto_scaling_groups()["AutoScalingGroups"]
    policy = found["MixedInstancesPolicy"]
    assert policy["InstancesDistribution"] == POLICY["InstancesDistribution"]
    [read] = read_auto_scaling_groups(mine)
    assert read.purchases == Purchases(types=("t3.small", "t3a.small"), base=1, percentage=50)
    assert read.rebalances
    assert read_launch_template(mine, read).image_id == "ami-1"


def test_a_policy_beside_a_launch_template_is_refused(mine: Clients) -> None:
    reason = deploy(mine, "Both", MixedInstancesPolicy=POLICY, LaunchTemplate=LAUNCHED)
    assert "Valid requests must contain either LaunchTemplate, LaunchConfigurationName" in reason
