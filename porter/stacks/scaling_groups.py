"""Read the Auto Scaling groups of a cloud assembly whose size is a parameter of their stack."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from porter.spec import synthesis

GROUP = "AWS::AutoScaling::AutoScalingGroup"
NESTED_STACK = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The account and region of a stack, and the role that may look at it.

    `account` and `region` are None in an environment-agnostic stack. `lookup_role` is the entry of
    the assembly's manifest, with its placeholders; empty if the stack has none.
    """

    account: str | None
    region: str | None
    lookup_role: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingGroup:
    """An Auto Scaling group; `host` is the path of its `PorterHost` in the construct tree.

    `logical_id` lacks the name of the release, with which it ends in a deployed stack.
    `nested` has the logical ids of the nested stacks that lead from `stack` to the group.
    `parameter` has the form `STACK:NAME` of `cdk deploy --parameters`. `minimum` and `maximum` are
    0 if only CloudFormation knows one of them.
    """

    host: str
    home: Home
    stack: str
    logical_id: str
    parameter: str
    minimum: int
    maximum: int
    nested: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack of the cloud assembly in the folder `assembly`."""

    home: Home
    name: str
    template: Mapping[str, Any] = field(hash=False)
    assembly: Path

    @property
    def resources(self) -> Mapping[str, Any]:
        """The template's resources, by logical id."""
        resources: Mapping[str, Any] = self.template.get("Resources", {})
        return resources

    @property
    def has_group(self) -> bool:
        """Whether the stack itself has any Auto Scaling group."""
        return GROUP in self._types

    @property
    def may_have_group(self) -> bool:
        """Whether the stack has any Auto Scaling group, or a nested stack, which may have one."""
        return bool(self._types & {GROUP, NESTED_STACK})

    @property
    def _types(self) -> set[str]:
        return {resource["Type"] for resource in self.resources.values()}


def stacks(assembly: Path) -> Iterator[Stack]:
    """Yield all stacks in the folder `assembly`, including those in stages."""
    for identifier, artifact in _json(assembly / "manifest.json").get("artifacts", {}).items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            yield from stacks(assembly / properties["directoryName"])
        elif artifact["type"] == "aws:cloudformation:stack":
            yield Stack(
                home=_home(artifact),
                name=properties.get("stackName", identifier),
                template=_json(assembly / properties["templateFile"]),
                assembly=assembly,
            )


def scaling_groups(stacks: Iterable[Stack]) -> Iterator[ScalingGroup]:
    """Yield the groups of `stacks`, and those of the CDK's nested stacks in them.

    Groups whose size the user sets in another way are left out.
    """
    for stack in stacks:
        own = {name: name for name in stack.template.get("Parameters", {})}
        yield from _groups(stack, (), stack.resources, own)


def _groups(
    stack: Stack,
    nested: tuple[str, ...],
    resources: Mapping[str, Any],
    given: Mapping[str, str],
) -> Iterator[ScalingGroup]:
    """Yield the groups of a nested stack; `given` maps its parameters to those of `stack`."""
    for name, resource in resources.items():
        yield from _group(stack, nested, name, resource, given)
        if resource["Type"] == NESTED_STACK:
            properties = resource.get("Properties", {})
            inner = _template(stack.assembly, properties.get("TemplateURL"))
            passed = {
                parameter: given[value["Ref"]]
                for parameter, value in properties.get("Parameters", {}).items()
                if isinstance(value, dict) and value.get("Ref") in given
            }
            yield from _groups(stack, (*nested, name), inner.get("Resources", {}), passed)


def _template(assembly: Path, url: object) -> dict[str, Any]:
    """Return the nested template at `url`, which ends in an asset's hash; empty if it is none."""
    text = json.dumps(url)
    for manifest in assembly.glob("*.assets.json"):
        for name, file in _json(manifest).get("files", {}).items():
            path = file["source"].get("path", "")
            if name in text and path.endswith(".template.json"):
                return _json(assembly / path)
    return {}


def _group(
    stack: Stack,
    nested: tuple[str, ...],
    logical_id: str,
    resource: Mapping[str, Any],
    given: Mapping[str, str],
) -> Iterator[ScalingGroup]:
    match resource:
        case {
            "Metadata": {synthesis.LIVE_CAPACITY: host},
            "Properties": {
                "MinSize": minimum,
                "MaxSize": maximum,
                "DesiredCapacity": {"Fn::If": [_, {"Ref": parameter}, _]},
            },
        } if parameter in given:
            known = str(minimum).isdecimal() and str(maximum).isdecimal()
            yield ScalingGroup(
                host=host,
                home=stack.home,
                stack=stack.name,
                nested=nested,
                logical_id=synthesis.without_release(logical_id),
                parameter=f"{stack.name}:{given[parameter]}",
                minimum=int(minimum) if known else 0,
                maximum=int(maximum) if known else 0,
            )


def _home(artifact: Mapping[str, Any]) -> Home:
    """Parse `aws://123456789012/eu-west-1`, or `aws://unknown-account/unknown-region`."""
    account, region = artifact["environment"].removeprefix("aws://").split("/")
    return Home(
        account=None if account == "unknown-account" else account,
        region=None if region == "unknown-region" else region,
        lookup_role=artifact["properties"].get("lookupRole", {}),
    )


def _json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content
