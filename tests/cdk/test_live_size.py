"""A parameter sets the initial size of a group, unless the user sets it."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from porter.stacks.scaling_groups import scaling_groups, stacks
from porter_cdk import PorterHost, PorterService, Process

VARIES = {"min_capacity": 1, "max_capacity": 5}
NAME = "HostLiveCapacityC7CA9207"


def template_with(template_of: Any, **props: Any) -> dict[str, Any]:
    stack = cdk.Stack(cdk.App(), "Hello")
    PorterHost(stack, "Host", **props)
    return dict(template_of(stack))


def group_of(template: dict[str, Any]) -> dict[str, Any]:
    kind = "AWS::AutoScaling::AutoScalingGroup"
    (group,) = [r for r in template["Resources"].values() if r["Type"] == kind]
    return dict(group)


def test_an_empty_parameter_leaves_the_size_alone(template_of: Any) -> None:
    """The name is a contract: `porter deploy` and deployed stacks use it."""
    template = template_with(template_of, **VARIES)
    assert template["Parameters"][NAME] == {
        "Type": "String",
        "Default": "0",
        "AllowedPattern": "[0-9]*",
        "Description": "How many hosts Hello/Host has now (porter deploy says it)",
    }
    ((condition, known),) = template["Conditions"].items()
    unknown = [{"Fn::Equals": [{"Ref": NAME}, value]} for value in ("0", "")]
    assert known == {"Fn::Not": [{"Fn::Or": unknown}]}
    group = group_of(template)
    size = [condition, {"Ref": NAME}, {"Ref": "AWS::NoValue"}]
    assert group["Properties"]["DesiredCapacity"] == {"Fn::If": size}
    assert group["Metadata"] == {"porter:live-capacity": "Hello/Host"}


@pytest.mark.parametrize(
    ("props", "size"),
    [({**VARIES, "desired_capacity": 2}, "2"), ({"min_capacity": 3}, None)],
    ids=["asked for", "fixed"],
)
def test_a_group_with_a_desired_or_fixed_size_gets_no_parameter(
    props: dict[str, int], size: str | None, template_of: Any
) -> None:
    template = template_with(template_of, **props)
    assert not [name for name in template["Parameters"] if "LiveCapacity" in name]
    assert group_of(template)["Properties"].get("DesiredCapacity") == size


def test_a_group_in_a_nested_stack_gets_the_parameter_of_the_outermost_one(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    outer = cdk.Stack(app, "Hello")
    inner = cdk.NestedStack(outer, "A")
    for scope in (outer, inner, cdk.NestedStack(inner, "B")):
        PorterHost(scope, "Host", **VARIES)
    app.synth()
    found = {group.host: group for group in scaling_groups(stacks(tmp_path))}
    assert found["Hello/Host"].parameter == f"Hello:{NAME}"
    assert [(host, len(group.nested)) for host, group in found.items()] == [
        ("Hello/A/B/Host", 2),
        ("Hello/A/Host", 1),
        ("Hello/Host", 0),
    ]
    parameters = json.loads((tmp_path / "Hello.template.json").read_text())["Parameters"]
    named = {group.parameter.removeprefix("Hello:") for group in found.values()}
    assert named == {name for name in parameters if "LiveCapacity" in name}
    assert len(named) == 3


def test_two_services_have_a_parameter_each(source: Path, template_of: Any) -> None:
    stack = cdk.Stack(cdk.App(), "Hello")
    run = Process(["python3", "main.py"], source=source, port=8000)
    for name in ("One", "Two"):
        PorterService(stack, name, run=run, **VARIES)
    names = [name for name in template_of(stack)["Parameters"] if "LiveCapacity" in name]
    assert [name[:6] for name in names] == ["OneHos", "TwoHos"]
