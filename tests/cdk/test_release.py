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


def named_template(service: PorterService) -> None:
    service.host.launch_template.launch_template_name = "mine"


def named_template_put_in(service: PorterService) -> None:
    service.host.launch_template.add_property_override("LaunchTemplateName", "mine")


@pytest.mark.parametrize("change", [named_template, named_template_put_in])
def test_a_fixed_name_of_the_launch_template_is_refused(
    change: Change, source: Path, template_of: Any
) -> None:
    """A release creates a second template: the name would be taken."""
    with pytest.raises(RuntimeError, match="LaunchTemplate/LaunchTemplateName: must not be set"):
        template_of(build(source, change))


def test_replacing_is_the_rollout_by_default(
    source: Path, template: dict[str, Any], template_of: Any
) -> None:
    chosen = build(source, health_check=HealthCheck("/health"), rollout=Rollout.replacing())
    assert template_of(chosen) == template


def test_each_release_has_a_group_and_a_launch_template_of_its_own(
    source: Path, template_of: Any
) -> None:
    """References to the group follow it, those of the CDK's own scaling policies included."""
    kinds = ("AutoScaling::AutoScalingGroup", "EC2::LaunchTemplate")
    found = []
    for packages in ([], ["python3.12"]):
        template = template_of(build(source, scale_on_cpu, packages=packages))
        resources = template["Resources"]
        names = [n for n, r in resources.items() if r["Type"].removeprefix("AWS::") in kinds]
        assert len(names) == 2
        assert all(name.endswith(release_of(template)) for name in names)
        (policy,) = [r for r in resources.values() if r["Type"].endswith("ScalingPolicy")]
        assert policy["Properties"]["AutoScalingGroupName"]["Ref"] in names
        found += names
    assert len(set(found)) == 4


def scale_on_cpu(service: PorterService) -> None:
    group = service.host.auto_scaling_group
    group.scale_on_cpu_utilization("Cpu", target_utilization_percent=50)


def test_an_exported_group_is_refused(source: Path, template_of: Any) -> None:
    """The CDK locks its logical id, so no release could replace it."""

    def export(service: PorterService) -> None:
        name = service.host.auto_scaling_group.auto_scaling_group_name
        cdk.Stack.of(service).export_value(name)

    with pytest.raises(RuntimeError, match="is exported, so that no release could replace it"):
        template_of(build(source, export))


def with_an_override(service: PorterService) -> None:
    resource = service.host.auto_scaling_group.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_override("UpdatePolicy.AutoScalingReplacingUpdate", {"WillReplace": True})


def with_a_policy(service: PorterService) -> None:
    resource = service.host.auto_scaling_group.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    rolling = cdk.CfnAutoScalingRollingUpdate()
    resource.cfn_options.update_policy = cdk.CfnUpdatePolicy(auto_scaling_rolling_update=rolling)


@pytest.mark.parametrize("change", [with_an_override, with_a_policy])
def test_an_update_policy_is_refused(change: Change, source: Path, template_of: Any) -> None:
    """A moved parameter would then replace hosts, and nothing would wait for the new ones."""
    with pytest.raises(RuntimeError, match="UpdatePolicy: must not be set: a release creates"):
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
