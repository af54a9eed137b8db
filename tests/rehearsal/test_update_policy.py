"""The embedded AWS replaces groups, or updates them in place, as CloudFormation documents.

AWS CloudFormation Template Reference, "UpdatePolicy attribute".
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from porter.aws.clients import Clients
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from tests.harness.slowness import slowness

REPLACE = {"AutoScalingReplacingUpdate": {"WillReplace": True}}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """AWS for the root of an account that only this module uses."""
    emulator = Emulator(tmp_path_factory.mktemp("aws"))
    try:
        emulator.start()
        yield account.clients(Environment(), emulator.endpoint)
    finally:
        emulator.stop()


class _Stack:
    """A stack with a launch template and an Auto Scaling group."""

    def __init__(self, aws: Clients, name: str, policy: dict[str, Any], **properties: str) -> None:
        self._aws = aws["cloudformation"]
        self._groups = aws["autoscaling"]
        self._name = name
        self._policy = policy
        self._aws.create_stack(
            StackName=name, TemplateBody=self._template("t3.small", **properties)
        )
        assert self._settled() == "CREATE_COMPLETE"

    def update(self, kind: str, *, fails: bool = False, **properties: str) -> str:
        """Change the instance type and the group's properties; return the stack's status."""
        self._aws.update_stack(
            StackName=self._name, TemplateBody=self._template(kind, fails=fails, **properties)
        )
        return self._settled()

    def groups(self) -> dict[str, Any]:
        """Return the groups of this stack, by name."""
        found = self._groups.describe_auto_scaling_groups()["AutoScalingGroups"]
        mine = f"{self._name}-"
        return {
            group["AutoScalingGroupName"]: group
            for group in found
            if group["AutoScalingGroupName"].startswith(mine)
        }

    def resize(self, desired: int) -> None:
        """Set the desired capacity, as a scaling policy does."""
        [name] = self.groups()
        self._groups.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=desired)

    def _settled(self) -> str:
        """Return the stack's status once the update has ended."""
        end = time.monotonic() + 20 * slowness()
        while True:
            stack = self._aws.describe_stacks(StackName=self._name)["Stacks"][0]
            status: str = stack["StackStatus"]
            if not status.endswith("_IN_PROGRESS"):
                return status
            assert time.monotonic() < end, status
            time.sleep(0.05)

    def _template(self, kind: str, *, fails: bool = False, **properties: str) -> str:
        resources: dict[str, Any] = {
            "Template": {
                "Type": "AWS::EC2::LaunchTemplate",
                "Properties": {"LaunchTemplateData": {"InstanceType": kind}},
            },
            "Hosts": {
                "Type": "AWS::AutoScaling::AutoScalingGroup",
                "UpdatePolicy": self._policy,
                "Properties": {
                    "MinSize": "1",
                    "MaxSize": "5",
                    "LaunchTemplate": {
                        "LaunchTemplateId": {"Ref": "Template"},
                        "Version": {"Fn::GetAtt": ["Template", "LatestVersionNumber"]},
                    },
                    **properties,
                },
            },
        }
        if fails:
            resources["Handle"] = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
            resources["NobodySignals"] = {
                "Type": "AWS::CloudFormation::WaitCondition",
                "DependsOn": "Hosts",
                "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "1"},
            }
        return json.dumps({"Resources": resources})


def test_the_policy_makes_a_changed_launch_template_a_new_group(aws: Clients) -> None:
    stack = _Stack(aws, "Replaced", REPLACE)
    [old] = stack.groups()
    assert stack.update("t3.large") == "UPDATE_COMPLETE"
    [new] = stack.groups()
    assert new != old
    assert stack.groups()[new]["LaunchTemplate"]["Version"] == "2"


def test_a_failed_update_leaves_the_old_group_alone(aws: Clients) -> None:
    stack = _Stack(aws, "RolledBack", REPLACE)
    before = stack.groups()
    assert stack.update("t3.large", fails=True) == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.groups() == before


def test_an_update_after_a_failed_one_replaces_the_group(aws: Clients) -> None:
    stack = _Stack(aws, "Mended", REPLACE)
    [old] = stack.groups()
    stack.update("t3.large", fails=True)
    assert stack.update("t3.medium") == "UPDATE_COMPLETE"
    [new] = stack.groups()
    assert new != old


def test_without_the_policy_a_group_is_updated_in_place(aws: Clients) -> None:
    stack = _Stack(aws, "InPlace", {})
    [old] = stack.groups()
    assert stack.update("t3.large") == "UPDATE_COMPLETE"
    assert [*stack.groups()] == [old]
    assert stack.groups()[old]["LaunchTemplate"]["Version"] == "2"


@pytest.mark.parametrize("size", ["MinSize", "MaxSize"])
def test_another_size_does_not_replace_the_group(aws: Clients, size: str) -> None:
    stack = _Stack(aws, f"Resized{size}", REPLACE)
    [old] = stack.groups()
    stack.resize(3)
    assert stack.update("t3.small", **{size: "4"}) == "UPDATE_COMPLETE"
    [(name, group)] = stack.groups().items()
    assert name == old
    assert group["DesiredCapacity"] == (4 if size == "MinSize" else 3)


def test_a_group_with_a_name_of_its_own_cannot_be_replaced(aws: Clients) -> None:
    name = {"AutoScalingGroupName": "Named-group"}
    stack = _Stack(aws, "Named", REPLACE, **name)
    assert stack.update("t3.large", **name) == "UPDATE_ROLLBACK_COMPLETE"
    assert [*stack.groups()] == ["Named-group"]


def test_every_operation_resolves_parameters_again_and_makes_a_version(aws: Clients) -> None:
    """As CloudFormation does (aws-cdk#5675, #7273), whatever else the operation changes."""
    ssm, cloudformation = aws["ssm"], aws["cloudformation"]
    ssm.put_parameter(Name="/images/moving", Type="String", Value="ami-1")

    def deploy(operation: Any, tag: str) -> None:
        body = json.dumps(_with_a_parameter(tag))
        operation(StackName="Moving", TemplateBody=body)
        waiter = "create" if operation == cloudformation.create_stack else "update"
        cloudformation.get_waiter(f"stack_{waiter}_complete").wait(
            StackName="Moving", WaiterConfig={"Delay": 0.1, "MaxAttempts": 200}
        )

    deploy(cloudformation.create_stack, "red")
    ssm.put_parameter(Name="/images/moving", Value="ami-2", Overwrite=True)
    deploy(cloudformation.update_stack, "blue")
    resource = cloudformation.describe_stack_resource(
        StackName="Moving", LogicalResourceId="Template"
    )
    found = aws["ec2"].describe_launch_template_versions(
        LaunchTemplateId=resource["StackResourceDetail"]["PhysicalResourceId"]
    )
    images = {
        v["VersionNumber"]: v["LaunchTemplateData"]["ImageId"]
        for v in found["LaunchTemplateVersions"]
    }
    assert images == {1: "ami-1", 2: "ami-2"}


def _with_a_parameter(tag: str) -> dict[str, Any]:
    stored = {
        "Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
        "Default": "/images/moving",
    }
    data = {"ImageId": {"Ref": "Image"}}
    return {
        "Parameters": {"Image": stored},
        "Resources": {
            "Template": {
                "Type": "AWS::EC2::LaunchTemplate",
                "Properties": {"LaunchTemplateData": data},
            },
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {"Tags": [{"Key": "colour", "Value": tag}]},
            },
        },
    }


def test_the_tags_of_a_stack_reach_instances(aws: Clients) -> None:
    """Whatever the group's own tags say; those of the template alone obey PropagateAtLaunch."""
    tag = {"Key": "own", "Value": "1", "PropagateAtLaunch": False}
    group = {"MinSize": "0", "MaxSize": "1", "Tags": [tag]}
    body = {
        "Resources": {"Hosts": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": group}}
    }
    aws["cloudformation"].create_stack(
        StackName="Tagged", TemplateBody=json.dumps(body), Tags=[{"Key": "team", "Value": "blue"}]
    )
    aws["cloudformation"].get_waiter("stack_create_complete").wait(
        StackName="Tagged", WaiterConfig={"Delay": 0.1, "MaxAttempts": 200}
    )
    [found] = [
        one
        for one in aws["autoscaling"].describe_auto_scaling_groups()["AutoScalingGroups"]
        if one["AutoScalingGroupName"].startswith("Tagged-")
    ]
    propagates = {one["Key"]: one["PropagateAtLaunch"] for one in found["Tags"]}
    assert (propagates["own"], propagates["team"]) == (False, True)
