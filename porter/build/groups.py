"""The groups of a cloud assembly whose size a parameter of their stack may give."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from porter.build import metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where a stack is deployed, and who may look at it there.

    `account` and `region` are None where the assembly does not say; `lookup_role` is as in the
    assembly's manifest, placeholders and all, and empty for none.
    """

    account: str | None
    region: str | None
    lookup_role: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of hosts; `host` is the path of its `PorterHost` in the construct tree.

    `parameter` is written as `cdk deploy --parameters` wants it, `STACK:NAME`. `minimum` and
    `maximum` are 0 where only CloudFormation knows one of them.
    """

    host: str
    home: Home
    stack: str
    logical_id: str
    parameter: str
    minimum: int
    maximum: int


def groups(assembly: Path) -> Iterator[Group]:
    """The groups of all stacks in the folder `assembly`, those of stages too.

    Left out are those that a user gave a size in some other way.
    """
    for identifier, artifact in _json(assembly / "manifest.json").get("artifacts", {}).items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            yield from groups(assembly / properties["directoryName"])
        elif artifact["type"] == "aws:cloudformation:stack":
            template = _json(assembly / properties["templateFile"])
            stack = properties.get("stackName", identifier)
            for name, resource in template.get("Resources", {}).items():
                yield from _group(_home(artifact), stack, name, resource)


def _group(home: Home, stack: str, logical_id: str, resource: Mapping[str, Any]) -> Iterator[Group]:
    match resource:
        case {
            "Metadata": {metadata.LIVE_CAPACITY: host},
            "Properties": {
                "MinSize": minimum,
                "MaxSize": maximum,
                "DesiredCapacity": {"Fn::If": [_, {"Ref": parameter}, _]},
            },
        }:
            ends = _numbers(minimum, maximum)
            yield Group(
                host=host,
                home=home,
                stack=stack,
                logical_id=logical_id,
                parameter=f"{stack}:{parameter}",
                minimum=ends[0],
                maximum=ends[1],
            )


def _numbers(minimum: object, maximum: object) -> tuple[int, int]:
    known = str(minimum).isdecimal() and str(maximum).isdecimal()
    return (int(str(minimum)), int(str(maximum))) if known else (0, 0)


def _home(artifact: Mapping[str, Any]) -> Home:
    """`aws://123456789012/eu-west-1`; an environment-agnostic stack says `unknown-account`."""
    account, region = artifact["environment"].removeprefix("aws://").split("/")
    return Home(
        account=None if account == "unknown-account" else account,
        region=None if region == "unknown-region" else region,
        lookup_role=artifact["properties"].get("lookupRole", {}),
    )


def _json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content
