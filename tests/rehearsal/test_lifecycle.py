"""The embedded AWS plays a terminating hook as Auto Scaling documents it.

Amazon EC2 Auto Scaling User Guide, "Amazon EC2 Auto Scaling lifecycle hooks".
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from porter.aws.clients import Clients
from porter.aws.lifecycle import LifecycleAction, LifecycleError
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.cloud.emulator.lifecycle import (
    LAUNCHING,
    MOST_HEARTBEATS,
    TERMINATING,
    Hook,
    Lifecycle,
    Lifecycles,
)
from porter.rehearsal.fleet.auto_scaling import read_hooks
from porter.rehearsal.fleet.victims import emptiest, victim
from porter.spec import DRAIN_HOOK
from tests.machine.conftest import eventually

INSTANCE = "i-0123456789abcdef0"
HERE = Environment()
LIST = [
    {
        "LifecycleHookName": DRAIN_HOOK,
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        "HeartbeatTimeout": 60,
        "DefaultResult": "CONTINUE",
    },
    {
        "LifecycleHookName": "another",
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
    },
]


def hook(name: str = "a", timeout: float = 60, default: str = "CONTINUE") -> Hook:
    return Hook(name=name, timeout=timeout, default=default)


@pytest.fixture
def lifecycle(tmp_path: Path) -> Lifecycle:
    """An instance of a group."""
    lifecycle = Lifecycles(tmp_path).instance(("1", "eu-west-1", "Group"), INSTANCE)
    lifecycle.launch()
    return lifecycle


def test_an_instance_waits_until_its_hook_is_completed_once(lifecycle: Lifecycle) -> None:
    assert not lifecycle.beat("a"), "before Terminating:Wait there is no action"
    lifecycle.wait({"a": hook()})
    assert not lifecycle.proceeds()
    assert lifecycle.beat("a")
    assert not lifecycle.complete("a", "CONTINUE"), "denied once (PrairieLearn#15586)"
    assert not lifecycle.proceeds()
    assert lifecycle.complete("a", "CONTINUE")
    assert lifecycle.proceeds()
    assert not lifecycle.complete("a", "CONTINUE")
    assert not lifecycle.beat("a")
    assert list(lifecycle.results()) == [("a", "CONTINUE", True)]


def test_a_group_without_hooks_terminates_at_once(lifecycle: Lifecycle) -> None:
    lifecycle.wait({})
    assert lifecycle.proceeds()
    assert list(lifecycle.results()) == []


def test_a_time_out_gives_the_default_result_and_a_heartbeat_restarts_it(
    lifecycle: Lifecycle,
) -> None:
    lifecycle.wait({"a": hook(timeout=1, default="ABANDON")})
    time.sleep(0.7)
    assert lifecycle.beat("a")
    time.sleep(0.7)
    assert not lifecycle.proceeds()
    eventually(lifecycle.proceeds)
    assert list(lifecycle.results()) == [("a", "ABANDON", False)]
    assert not lifecycle.beat("a")


def test_heartbeats_end_at_a_hundred_time_outs(lifecycle: Lifecycle) -> None:
    lifecycle.wait({"a": hook(timeout=0.005)})
    ends = time.monotonic() + 0.005 * MOST_HEARTBEATS + 1
    while lifecycle.beat("a") or not lifecycle.proceeds():
        assert time.monotonic() < ends


def test_all_hooks_are_waited_for_unless_one_is_abandoned(lifecycle: Lifecycle) -> None:
    lifecycle.wait({"a": hook("a"), "b": hook("b"), "c": hook("c")})
    assert lifecycle.complete("a", "CONTINUE")
    assert not lifecycle.proceeds()
    assert lifecycle.complete("b", "ABANDON")
    assert lifecycle.proceeds()


class _Stack:
    """A stack with one group that has hooks, in the embedded AWS."""

    def __init__(self, emulator: Emulator, name: str) -> None:
        self.emulator = emulator
        self.name = name
        self.aws = account.clients(HERE, emulator.endpoint)
        self.formation = self.aws["cloudformation"]
        self.formation.create_stack(StackName=name, TemplateBody=_template(LIST))
        eventually(lambda: self.status() == "CREATE_COMPLETE", 30)
        [self.group] = [
            group
            for group in self.aws["autoscaling"].describe_auto_scaling_groups()["AutoScalingGroups"]
            if group["AutoScalingGroupName"].startswith(name)
        ]
        self.group_name: str = self.group["AutoScalingGroupName"]
        self.key = HERE.account, HERE.region, self.group_name

    def status(self) -> str:
        [stack] = self.formation.describe_stacks(StackName=self.name)["Stacks"]
        return str(stack["StackStatus"])

    def instance(self) -> Lifecycle:
        """Add an instance to the group, as the fleet does."""
        lifecycle = self.emulator.lifecycles.instance(self.key, INSTANCE)
        lifecycle.launch()
        return lifecycle

    def action(self, aws: Clients | None = None) -> LifecycleAction:
        """Return the action of that instance, as the host sees it."""
        client = (aws or self.aws)["autoscaling"]
        return LifecycleAction(client, self.group_name, DRAIN_HOOK, INSTANCE)


def _template(hooks: Any) -> str:
    group = {
        "MinSize": "1",
        "MaxSize": "1",
        "LaunchTemplate": {"LaunchTemplateId": {"Ref": "Template"}, "Version": "1"},
        "LifecycleHookSpecificationList": hooks,
    }
    template = {"LaunchTemplateData": {"InstanceType": "t3.small"}}
    return json.dumps(
        {
            "Resources": {
                "Template": {"Type": "AWS::EC2::LaunchTemplate", "Properties": template},
                "Hosts": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": group},
            }
        }
    )


@pytest.fixture(scope="module")
def stack(emulator: Emulator) -> _Stack:
    """A stack of this module."""
    return _Stack(emulator, "Hooked")


def test_a_group_gets_the_hooks_of_its_own_specification_list(stack: _Stack) -> None:
    found = read_hooks(stack.aws, stack.group_name, TERMINATING)
    assert found == {DRAIN_HOOK: hook(DRAIN_HOOK, 60)}
    assert read_hooks(stack.aws, stack.group_name, LAUNCHING) == {}, "an app's hooks are not played"
    stack.formation.update_stack(StackName=stack.name, TemplateBody=_template(LIST[1:]))
    eventually(lambda: stack.status() == "UPDATE_COMPLETE", 30)
    assert read_hooks(stack.aws, stack.group_name, TERMINATING) == {}


def test_a_host_asks_until_auto_scaling_waits_and_completes_its_hook_once(stack: _Stack) -> None:
    lifecycle, action = stack.instance(), stack.action()
    assert not action.beat()
    lifecycle.wait({DRAIN_HOOK: hook(DRAIN_HOOK)})
    assert action.beat()
    assert not action.beat(), "denied once"
    assert action.complete()
    assert not action.complete()
    lifecycle.end()


def test_a_result_is_continue_or_abandon(stack: _Stack) -> None:
    with pytest.raises(ClientError, match="CONTINUE or ABANDON"):
        stack.aws["autoscaling"].complete_lifecycle_action(
            AutoScalingGroupName=stack.group_name,
            LifecycleHookName=DRAIN_HOOK,
            InstanceId=INSTANCE,
            LifecycleActionResult="DONE",
        )


def test_a_host_may_end_hosts_of_its_own_stack_alone(emulator: Emulator, stack: _Stack) -> None:
    mine, other = stack, _Stack(emulator, "Other")
    stack_id = mine.formation.describe_stacks(StackName=mine.name)["Stacks"][0]["StackId"]
    allowed = {
        "Effect": "Allow",
        "Action": "autoscaling:RecordLifecycleActionHeartbeat",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/aws:cloudformation:stack-id": stack_id}},
    }
    aws = _in_role(mine.aws, allowed)
    assert mine.action(aws).beat() is False  # allowed; there is nothing to prolong
    with pytest.raises(LifecycleError, match="not authorized"):
        other.action(aws).beat()


def _in_role(aws: Clients, statement: Any) -> Clients:
    """Return AWS as a role that has this permission alone."""
    iam, trust = aws["iam"], {"Effect": "Allow", "Principal": {"AWS": "*"}}
    made = iam.create_role(
        RoleName="ending",
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
        ),
    )
    iam.put_role_policy(
        RoleName="ending",
        PolicyName="ending",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    return aws.in_role(made["Role"]["Arn"])


def test_a_group_is_deleted_only_when_its_hosts_are_gone(emulator: Emulator) -> None:
    stack = _Stack(emulator, "Deleted")
    lifecycle = stack.instance()
    stack.formation.delete_stack(StackName=stack.name)

    def group() -> Any:
        found = stack.aws["autoscaling"].describe_auto_scaling_groups(
            AutoScalingGroupNames=[stack.group_name]
        )
        return found["AutoScalingGroups"]

    eventually(lambda: group() and group()[0]["DesiredCapacity"] == 0, 30)
    time.sleep(0.3)
    assert group(), "it waits for its host"
    lifecycle.end()
    eventually(lambda: not group(), 30)


class _Placed:
    def __init__(self, name: str, zone: str) -> None:
        self.name, self.zone = name, zone


def test_scale_in_keeps_the_zones_balanced_and_takes_the_oldest_there() -> None:
    hosts = [_Placed("old", "a"), _Placed("b1", "b"), _Placed("b2", "b")]
    assert victim(hosts, ["Default"]).name == "b1"
    assert victim(hosts, ["NewestInstance"]).name == "b2"
    assert victim(hosts[:2], ["Default"]).name == "old"


def test_a_host_is_launched_in_the_zone_with_the_fewest() -> None:
    assert emptiest(["a", "b"], []) == "a"
    assert emptiest(["a", "b"], [_Placed("x", "a")]) == "b"
    assert emptiest(["a", "b"], [_Placed("x", "a"), _Placed("y", "b")]) == "a"
