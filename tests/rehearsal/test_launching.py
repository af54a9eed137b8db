"""The embedded AWS plays a launching hook, and CloudFormation waits for a group's instances.

Amazon EC2 Auto Scaling User Guide, "How lifecycle hooks work"; "Group did not stabilize" is what
CloudFormation says of a group whose instances are not in service within an hour.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from porter.aws.lifecycle import LifecycleAction
from porter.aws.wait_handle import Signal, send
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.cloud.emulator.lifecycle import LAUNCHING, Lifecycle
from porter.rehearsal.fleet.auto_scaling import read_hooks
from porter.spec import LAUNCH_HOOK
from tests.machine.conftest import eventually

INSTANCE = "i-0123456789abcdef0"
HERE = Environment()
HOOK = {
    "LifecycleHookName": LAUNCH_HOOK,
    "LifecycleTransition": LAUNCHING,
    "HeartbeatTimeout": 60,
    "DefaultResult": "ABANDON",
}


class Stack:
    """A stack in the embedded AWS, with a group that has a launching hook and a wait condition.

    `AWait` sorts before the group: ministack alone would wait for it first.
    """

    def __init__(self, emulator: Emulator, name: str, **condition: Any) -> None:
        self.emulator, self.name = emulator, name
        self.aws = account.clients(HERE, emulator.endpoint)
        self.formation = self.aws["cloudformation"]
        self.formation.create_stack(StackName=name, TemplateBody=_template(condition))
        eventually(self.groups, 30)
        self.group = str(self.groups()[0]["AutoScalingGroupName"])
        eventually(lambda: "AWait" in self.statuses() or "DependsOn" in condition, 30)

    def groups(self) -> list[Mapping[str, Any]]:
        found = self.aws["autoscaling"].describe_auto_scaling_groups()["AutoScalingGroups"]
        return [one for one in found if one["AutoScalingGroupName"].startswith(self.name)]

    def status(self) -> str:
        [stack] = self.formation.describe_stacks(StackName=self.name)["Stacks"]
        return str(stack["StackStatus"])

    def statuses(self) -> dict[str, str]:
        """Return the last status of each resource, as its events say."""
        pages = self.formation.get_paginator("describe_stack_events").paginate(StackName=self.name)
        events = [event for page in pages for event in page["StackEvents"]]
        return {one["LogicalResourceId"]: one["ResourceStatus"] for one in reversed(events)}

    def instance(self) -> Lifecycle:
        """Launch an instance, as the fleet does."""
        key = HERE.account, HERE.region, self.group
        lifecycle = self.emulator.lifecycles.instance(key, INSTANCE)
        lifecycle.launch("eu-west-1a", "Pending:Wait")
        lifecycle.wait(read_hooks(self.aws, self.group, LAUNCHING))
        return lifecycle

    def action(self) -> LifecycleAction:
        return LifecycleAction(self.aws["autoscaling"], self.group, LAUNCH_HOOK, INSTANCE)

    def signal(self, status: Any) -> None:
        resources = self.formation.describe_stack_resources(StackName=self.name)["StackResources"]
        [url] = [
            one["PhysicalResourceId"]
            for one in resources
            if one["ResourceType"].endswith("WaitConditionHandle")
        ]
        send(url, Signal(status, unique_id=INSTANCE, reason="because"), deadline_seconds=10)


def _template(condition: Mapping[str, Any]) -> str:
    kinds = "AWS::CloudFormation::WaitCondition"
    data = {"InstanceType": "t3.small", "UserData": {"Ref": "Handle"}}
    group = {
        "MinSize": "1",
        "MaxSize": "1",
        "LaunchTemplate": {"LaunchTemplateId": {"Ref": "Template"}, "Version": "1"},
        "LifecycleHookSpecificationList": [HOOK],
    }
    waits = {"Handle": {"Ref": "Handle"}, "Timeout": "60"}
    after = {"Description": {"Ref": "Hosts"}}
    resources = {
        "Handle": {"Type": f"{kinds}Handle"},
        "AWait": {"Type": kinds, "Properties": waits, **condition},
        "Template": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {"LaunchTemplateData": data},
        },
        "Hosts": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": group},
        "After": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Value": {"Ref": "Hosts"}},
            "Metadata": after,
        },
    }
    return json.dumps({"Resources": resources})


def test_a_group_is_complete_when_its_instances_are_in_service(emulator: Emulator) -> None:
    stack = Stack(emulator, "Born")
    lifecycle = stack.instance()
    [instance] = stack.aws["autoscaling"].describe_auto_scaling_instances()["AutoScalingInstances"]
    assert (instance["InstanceId"], instance["LifecycleState"]) == (INSTANCE, "Pending:Wait")
    stack.signal("SUCCESS")
    eventually(lambda: stack.statuses()["AWait"] == "CREATE_COMPLETE", 30)
    assert stack.statuses()["Hosts"] == "CREATE_IN_PROGRESS"
    assert "After" not in stack.statuses() or stack.statuses()["After"].endswith("IN_PROGRESS")
    assert not lifecycle.proceeds()
    assert stack.action().complete()
    assert not stack.action().complete(), "a hook is completed once"
    assert lifecycle.proceeds()
    assert not lifecycle.abandoned()
    lifecycle.enter("InService")
    eventually(lambda: stack.status() == "CREATE_COMPLETE", 30)
    assert stack.statuses()["Hosts"] == "CREATE_COMPLETE"
    [group] = stack.groups()
    assert [one["LifecycleState"] for one in group["Instances"]] == ["InService"]
    lifecycle.end()


def test_a_failure_is_heard_while_the_group_waits(emulator: Emulator) -> None:
    stack = Stack(emulator, "Failing")
    lifecycle = stack.instance()
    stack.signal("FAILURE")
    eventually(lambda: stack.status() == "ROLLBACK_IN_PROGRESS", 30)
    eventually(lambda: stack.groups()[0]["DesiredCapacity"] == 0, 30)
    lifecycle.end()
    eventually(lambda: stack.status() == "ROLLBACK_COMPLETE", 30)


def test_a_condition_that_depends_on_the_group_hears_nothing_before_it_is_stable(
    emulator: Emulator,
) -> None:
    stack = Stack(emulator, "Late", DependsOn="Hosts")
    lifecycle = stack.instance()
    stack.signal("FAILURE")
    with pytest.raises(AssertionError):
        eventually(lambda: stack.status() != "CREATE_IN_PROGRESS", 2)
    lifecycle.enter("InService")
    eventually(lambda: stack.status() == "ROLLBACK_IN_PROGRESS", 30)
    lifecycle.end()
    eventually(lambda: stack.status() == "ROLLBACK_COMPLETE", 30)


def test_a_heartbeat_prolongs_the_wait_and_a_time_out_abandons(emulator: Emulator) -> None:
    stack = Stack(emulator, "Beaten")
    lifecycle = stack.instance()
    assert stack.action().beat()
    hook = read_hooks(stack.aws, stack.group, LAUNCHING)[LAUNCH_HOOK]
    assert (hook.timeout, hook.default) == (60, "ABANDON")
    assert not stack.action().complete("ABANDON"), "denied once after a heartbeat"
    assert stack.action().complete("ABANDON")
    assert lifecycle.proceeds()
    assert lifecycle.abandoned()
    lifecycle.end()
    stack.signal("FAILURE")
    eventually(lambda: stack.status() == "ROLLBACK_COMPLETE", 30)
