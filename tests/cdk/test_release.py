"""A release is renamed by what replaces hosts, and by nothing else."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import IConstruct

from porter_cdk import HealthCheck, PorterService, Process

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
    """An aspect as a platform team may put over all apps."""

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, ec2.CfnLaunchTemplate):
            node.add_property_override("LaunchTemplateData.Monitoring.Enabled", True)  # noqa: FBT003


def in_the_hatch(service: PorterService) -> None:
    service.host.launch_template.add_property_override("LaunchTemplateData.KeyName", "key")


def by_deletion(service: PorterService) -> None:
    service.host.launch_template.add_property_deletion_override("LaunchTemplateData.UserData")


def by_aspect(service: PorterService) -> None:
    cdk.Aspects.of(cdk.Stack.of(service)).add(ForceDetailedMonitoring())


def another_count(service: PorterService) -> None:
    service.host.wait_condition.count = 2


REPLACING: dict[str, Change] = {
    "an override": in_the_hatch,
    "a deletion": by_deletion,
    "an aspect": by_aspect,
    "the count": another_count,
}


def another_listener(service: PorterService) -> None:
    service.load_balancer.add_listener(
        "Second",
        port=8080,
        protocol=elbv2.ApplicationProtocol.HTTP,
        default_target_groups=[service.target_group],
    )


def another_scaling(service: PorterService) -> None:
    group = service.host.auto_scaling_group
    group.scale_on_cpu_utilization("Cpu", target_utilization_percent=50)


HARMLESS: dict[str, Change] = {
    "a tag": lambda service: cdk.Tags.of(cdk.Stack.of(service)).add("team", "blue"),
    "a listener": another_listener,
    "a scaling policy": another_scaling,
}


@pytest.mark.parametrize("name", REPLACING)
def test_a_customized_launch_template_is_another_release(
    name: str, source: Path, base: str, template_of: Any
) -> None:
    assert release_of(template_of(build(source, REPLACING[name]))) != base


@pytest.mark.parametrize("name", HARMLESS)
def test_what_leaves_hosts_alone_is_the_same_release(
    name: str, source: Path, base: str, template_of: Any
) -> None:
    assert release_of(template_of(build(source, HARMLESS[name]))) == base


@pytest.mark.parametrize(
    "props",
    [
        {"timeout": cdk.Duration.minutes(20)},
        {"health_check": HealthCheck("/up")},
        {"instance_type": ec2.InstanceType("t4g.small")},
        {"min_capacity": 2},
    ],
    ids=lambda props: next(iter(props)),
)
def test_another_property_is_another_release(
    props: dict[str, Any], source: Path, base: str, template_of: Any
) -> None:
    assert release_of(template_of(build(source, **props))) != base


def test_live_capacity_is_the_same_release(source: Path, base: str, template_of: Any) -> None:
    assert release_of(template_of(build(source, desired_capacity=3, max_capacity=5))) == base


def test_another_environment_and_other_files_are_other_releases(
    source: Path, tmp_path: Path, base: str, template_of: Any
) -> None:
    command = ["python3", "main.py"]
    variable = Process(command, source=source, port=8000, environment={"A": "1"})
    (tmp_path / "main.py").write_text("print('bye')\n")
    edited = Process(command, source=tmp_path, port=8000)
    releases = {release_of(template_of(build(source, run=run))) for run in (variable, edited)}
    assert len(releases | {base}) == 3


def test_aspects_come_first_under_the_cdks_new_rules_too(source: Path, template_of: Any) -> None:
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
    """CDK numbers its tokens anew in each process; nothing of that may reach the release's name."""
    environment = {**os.environ, "OUT": str(tmp_path), "SOURCE": str(source)}
    subprocess.run([sys.executable, "-c", PROGRAM], env=environment, check=True, timeout=120)
    synthesized = (tmp_path / "Hello.template.json").read_text()
    assert release_of(template) in synthesized
