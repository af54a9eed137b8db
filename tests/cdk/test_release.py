"""The name and rollout of a release; tests/matrix lists the changes that rename it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from constructs import IConstruct

from porter_cdk import HealthCheck, PorterService, Process, Rollout

Change = Callable[[PorterService], object]


def build(source: Path, change: Change | None = None, flags: Any = None, **props: Any) -> cdk.Stack:
    app = cdk.App(context=flags)
    stack = cdk.Stack(app, "Hello")
    run = props.pop("run", None) or Process(["python3", "main.py"], source=source, port=8000)
    service = PorterService(stack, "Service", run=run, **props)
    if change:
        change(service)
    return stack


def release_of(template: dict[str, Any]) -> str:
    (release,) = [o["Value"] for n, o in template["Outputs"].items() if "Release" in n]
    names = [n for n, r in template["Resources"].items() if "WaitCondition" in r["Type"]]
    assert len(names) == 2
    assert all(name.endswith(release) for name in names)
    return str(release)


def group_of(template: dict[str, Any]) -> dict[str, Any]:
    kind = "AWS::AutoScaling::AutoScalingGroup"
    (group,) = [r for r in template["Resources"].values() if r["Type"] == kind]
    return dict(group)


@pytest.fixture(scope="module")
def base(template: dict[str, Any]) -> str:
    return release_of(template)


def test_the_same_app_is_the_same_template_twice(
    source: Path, template: dict[str, Any], template_of: Any
) -> None:
    assert template_of(build(source, health_check=HealthCheck("/health"))) == template


def test_synthesizing_again_changes_nothing(hello: cdk.Stack, template: dict[str, Any]) -> None:
    again = cdk.App.of(hello).synth(force=True).get_stack_by_name("Hello").template
    assert {**again["Resources"], "CDKMetadata": 0} == {**template["Resources"], "CDKMetadata": 0}


@jsii.implements(cdk.IAspect)
class ForceDetailedMonitoring:
    """An aspect that a platform team might apply to all apps."""

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, ec2.CfnLaunchTemplate):
            node.add_property_override("LaunchTemplateData.Monitoring.Enabled", True)  # noqa: FBT003


def by_deletion(service: PorterService) -> None:
    service.host.launch_template.add_property_deletion_override("LaunchTemplateData.UserData")


def by_aspect(service: PorterService) -> None:
    cdk.Aspects.of(cdk.Stack.of(service)).add(ForceDetailedMonitoring())


def another_count(service: PorterService) -> None:
    service.host.wait_condition.count = 2


REPLACING: dict[str, Change] = {
    "a deletion": by_deletion,
    "an aspect": by_aspect,
    "the count": another_count,
}


@pytest.mark.parametrize("name", REPLACING)
def test_an_override_of_the_launch_template_is_a_new_release(
    name: str, source: Path, base: str, template_of: Any
) -> None:
    assert release_of(template_of(build(source, REPLACING[name]))) != base


def with_a_name(service: PorterService) -> None:
    resource = service.host.auto_scaling_group.node.default_child
    assert isinstance(resource, autoscaling.CfnAutoScalingGroup)
    resource.auto_scaling_group_name = "mine"


def with_a_name_put_in(service: PorterService) -> None:
    resource = service.host.auto_scaling_group.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_property_override("AutoScalingGroupName", "mine")


@pytest.mark.parametrize("change", [with_a_name, with_a_name_put_in])
def test_a_fixed_name_of_the_auto_scaling_group_is_refused(
    change: Change, source: Path, template_of: Any
) -> None:
    """CloudFormation could not create the new group: the name would be taken."""
    with pytest.raises(RuntimeError, match="ASG/AutoScalingGroupName: must not be set: a release"):
        template_of(build(source, change))


def test_replacing_is_the_rollout_by_default(
    source: Path, template: dict[str, Any], template_of: Any
) -> None:
    policy = group_of(template)["UpdatePolicy"]
    assert policy["AutoScalingReplacingUpdate"] == {"WillReplace": True}
    chosen = build(source, health_check=HealthCheck("/health"), rollout=Rollout.replacing())
    assert template_of(chosen) == template


def without_policy(service: PorterService) -> None:
    resource = service.host.auto_scaling_group.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_deletion_override("UpdatePolicy")


def with_another_policy(service: PorterService) -> None:
    resource = service.host.auto_scaling_group.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    rolling = cdk.CfnAutoScalingRollingUpdate()
    resource.cfn_options.update_policy = cdk.CfnUpdatePolicy(auto_scaling_rolling_update=rolling)


@pytest.mark.parametrize("change", [without_policy, with_another_policy])
def test_another_update_policy_is_refused(change: Change, source: Path, template_of: Any) -> None:
    """Without a replacement, the deployment would wait for hosts that never start."""
    with pytest.raises(
        RuntimeError, match="UpdatePolicy: must be the update policy of the rollout"
    ):
        template_of(build(source, change))


def test_aspects_are_part_of_the_release_with_aspect_stabilization_too(
    source: Path, template_of: Any
) -> None:
    flags = {"@aws-cdk/core:aspectStabilization": True}
    plain, watched = (template_of(build(source, c, flags)) for c in (None, by_aspect))
    assert release_of(plain) != release_of(watched)


PROGRAM = """
import os
import porter_cdk, aws_cdk as cdk
for _ in range(7):
    cdk.Fn.join("", [cdk.Aws.REGION, "x"])  # moves the numbers of all later tokens
app = cdk.App(outdir=os.environ["OUT"])
stack = cdk.Stack(app, "Hello")
run = porter_cdk.Process(["python3", "main.py"], source=os.environ["SOURCE"], port=8000)
porter_cdk.PorterService(stack, "Service", run=run)
app.synth()
"""


def test_another_process_gives_the_same_bytes(
    source: Path, tmp_path: Path, template: dict[str, Any]
) -> None:
    """CDK numbers its tokens anew in each process; the release's name must not change."""
    environment = {**os.environ, "OUT": str(tmp_path), "SOURCE": str(source)}
    subprocess.run([sys.executable, "-c", PROGRAM], env=environment, check=True, timeout=120)
    synthesized = (tmp_path / "Hello.template.json").read_text()
    assert release_of(template) in synthesized
