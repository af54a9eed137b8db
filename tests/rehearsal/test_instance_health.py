"""The embedded AWS plays SetInstanceHealth as AWS documents it (API Reference, User Guide)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from porter.aws.clients import Clients
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.cloud.emulator.activities import launched, taken_out
from porter.rehearsal.cloud.emulator.lifecycle import Lifecycle
from porter.rehearsal.fleet.auto_scaling import read_auto_scaling_groups
from porter.rehearsal.fleet.maintenance import Maintenance
from tests.machine.conftest import eventually

HERE = Environment(account="310987654321")
INSTANCES = "i-0123456789abcdef0", "i-0123456789abcdef1"
POLICY = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110}
GRACE = 60


class Stack:
    """A stack with one group, and one instance in it, as the fleet would launch it."""

    def __init__(self, emulator: Emulator, name: str, instance: str) -> None:
        self.name, self.instance, self.emulator = name, instance, emulator
        self.aws = account.clients(HERE, emulator.endpoint)
        self.formation = self.aws["cloudformation"]
        made = self.formation.create_stack(StackName=name, TemplateBody=_template(POLICY))
        self.stack_id = str(made["StackId"])
        eventually(lambda: self.status() == "CREATE_COMPLETE", 30)
        [self.group] = [
            str(one["AutoScalingGroupName"])
            for one in self.aws["autoscaling"].describe_auto_scaling_groups()["AutoScalingGroups"]
            if one["AutoScalingGroupName"].startswith(name)
        ]
        self.key = HERE.account, HERE.region, self.group

    def status(self) -> str:
        [stack] = self.formation.describe_stacks(StackName=self.name)["Stacks"]
        return str(stack["StackStatus"])

    def launch(self) -> Lifecycle:
        lifecycle = self.emulator.lifecycles.instance(self.key, self.instance)
        lifecycle.launch("eu-west-1a")
        return lifecycle

    def say(
        self, health: str, aws: Clients | None = None, *, now: bool = True, instance: str = ""
    ) -> None:
        """Call SetInstanceHealth; `now` does not respect the grace period."""
        options = {"ShouldRespectGracePeriod": False} if now else {}
        (aws or self.aws)["autoscaling"].set_instance_health(
            InstanceId=instance or self.instance, HealthStatus=health, **options
        )

    def described(self) -> list[Mapping[str, Any]]:
        """Return the instance as both descriptions have it."""
        scaling = self.aws["autoscaling"]
        found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[self.group])
        [group] = found["AutoScalingGroups"]
        asked = scaling.describe_auto_scaling_instances(InstanceIds=[self.instance])
        return [*group["Instances"], *asked["AutoScalingInstances"]]


def _template(policy: Any) -> str:
    group = {
        "MinSize": "1",
        "MaxSize": "1",
        "LaunchTemplate": {"LaunchTemplateId": {"Ref": "Template"}, "Version": "1"},
        "HealthCheckGracePeriod": GRACE,
        **({"InstanceMaintenancePolicy": policy} if policy else {}),
    }
    data = {"LaunchTemplateData": {"InstanceType": "t3.small"}}
    resources = {
        "Template": {"Type": "AWS::EC2::LaunchTemplate", "Properties": data},
        "Hosts": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": group},
    }
    return json.dumps({"Resources": resources})


@pytest.fixture(scope="module")
def mine(emulator: Emulator) -> Stack:
    """The stack of the host that calls."""
    return Stack(emulator, "Mine", INSTANCES[0])


@pytest.fixture
def lifecycle(mine: Stack) -> Iterator[Lifecycle]:
    """An instance of that stack, in service."""
    lifecycle = mine.launch()
    yield lifecycle
    lifecycle.end()


def test_descriptions_show_what_was_set(mine: Stack, lifecycle: Lifecycle) -> None:
    assert [one["HealthStatus"] for one in mine.described()] == ["Healthy"] * 2
    mine.say("Unhealthy")
    assert lifecycle.health() == "Unhealthy"
    assert [one["HealthStatus"] for one in mine.described()] == ["Unhealthy"] * 2
    mine.say("Healthy")
    assert [one["HealthStatus"] for one in mine.described()] == ["Healthy"] * 2


def test_a_health_is_healthy_or_unhealthy(mine: Stack, lifecycle: Lifecycle) -> None:
    with pytest.raises(ClientError, match=r"Valid instance health states are") as refused:
        mine.say("unhealthy")
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert lifecycle.health() == "Healthy"


@pytest.mark.parametrize("instance", ["i-0fffffffffffffff0", "*", "..", "."])
def test_an_unknown_instance_is_refused(mine: Stack, lifecycle: Lifecycle, instance: str) -> None:
    with pytest.raises(ClientError, match="No managed instance found") as refused:
        mine.say("Unhealthy", instance=instance)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert lifecycle.health() == "Healthy"


@pytest.mark.parametrize("state", ["Terminating", "Terminating:Wait"])
@pytest.mark.parametrize("health", ["Healthy", "Unhealthy"])
def test_an_instance_that_terminates_is_refused(
    mine: Stack, lifecycle: Lifecycle, state: str, health: str
) -> None:
    lifecycle.enter(state)
    with pytest.raises(ClientError, match="is not in InService or Standby"):
        mine.say(health)
    lifecycle.end()
    with pytest.raises(ClientError, match="No managed instance found"):
        mine.say(health)


def test_within_the_grace_period_an_instance_is_unhealthy_only_if_that_is_not_respected(
    mine: Stack, lifecycle: Lifecycle
) -> None:
    words = rf"The age of the instance \(\d seconds\) is less than the configured .* {GRACE} s"
    with pytest.raises(ClientError, match=words):
        mine.say("Unhealthy", now=False)
    mine.say("Healthy", now=False)
    lifecycle.enter("Pending:Wait")
    with pytest.raises(ClientError, match=r"age of the instance \(0 seconds\)"):
        mine.say("Unhealthy", now=False)
    mine.aws["autoscaling"].update_auto_scaling_group(
        AutoScalingGroupName=mine.group, HealthCheckGracePeriod=1
    )
    lifecycle.enter("InService")
    eventually(lambda: _accepted(mine), 30)
    mine.aws["autoscaling"].update_auto_scaling_group(
        AutoScalingGroupName=mine.group, HealthCheckGracePeriod=GRACE
    )


def _accepted(stack: Stack) -> bool:
    with suppress(ClientError):
        stack.say("Unhealthy", now=False)
        return True
    return False


def test_a_host_may_call_hosts_of_its_own_stack_alone_unhealthy(
    emulator: Emulator, mine: Stack, lifecycle: Lifecycle
) -> None:
    other = Stack(emulator, "Other", INSTANCES[1])
    foreign = other.launch()
    allowed = _in_role(mine.aws, "calling", "SetInstanceHealth", mine.stack_id)
    mine.say("Unhealthy", allowed)
    assert lifecycle.health() == "Unhealthy"
    with pytest.raises(ClientError, match="not authorized") as refused:
        other.say("Unhealthy", allowed)
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    neither = _in_role(mine.aws, "completing", "CompleteLifecycleAction", mine.stack_id)
    with pytest.raises(ClientError, match="not authorized"):
        mine.say("Healthy", neither)
    assert (lifecycle.health(), foreign.health()) == ("Unhealthy", "Healthy")
    foreign.end()


def _in_role(aws: Clients, name: str, action: str, stack_id: str) -> Clients:
    """Return AWS as a role with the permission that porter's hosts have for `action`."""
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    tag = "aws:ResourceTag/aws:cloudformation:stack-id"
    allowed = {
        "Effect": "Allow",
        "Action": f"autoscaling:{action}",
        "Resource": "*",
        "Condition": {"StringEquals": {tag: stack_id}},
    }
    made = aws["iam"].create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    aws["iam"].put_role_policy(
        RoleName=name,
        PolicyName=name,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )
    return aws.in_role(made["Role"]["Arn"])


def test_activities_say_why_an_instance_came_and_why_it_went(
    emulator: Emulator, mine: Stack
) -> None:
    emulator.record(launched(*mine.key, INSTANCES[0]))
    emulator.record(launched(*mine.key, INSTANCES[1], replaces=True))
    emulator.record(taken_out(*mine.key, INSTANCES[0]))
    told = mine.aws["autoscaling"].describe_scaling_activities(AutoScalingGroupName=mine.group)
    taken, came, first = told["Activities"]
    assert taken["Description"] == f"Terminating EC2 instance: {INSTANCES[0]}"
    assert taken["Cause"].endswith(
        "Z an instance was taken out of service in response to a user health-check."
    )
    assert came["Cause"].endswith("in response to an unhealthy instance needing to be replaced.")
    assert "difference between desired and actual" in first["Cause"]


def test_the_embedded_aws_describes_an_instance_maintenance_policy_and_updates_it(
    mine: Stack,
) -> None:
    def read() -> Maintenance | None:
        groups = read_auto_scaling_groups(mine.aws)
        return next(one.maintenance for one in groups if one.name == mine.group)

    assert read() == Maintenance(min_healthy=100, max_healthy=110)
    mine.formation.update_stack(StackName=mine.name, TemplateBody=_template(None))
    eventually(lambda: mine.status() == "UPDATE_COMPLETE", 30)
    assert read() is None
    mine.formation.update_stack(StackName=mine.name, TemplateBody=_template(POLICY))
    eventually(lambda: read() == Maintenance(min_healthy=100, max_healthy=110), 30)
