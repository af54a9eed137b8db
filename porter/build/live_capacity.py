"""How many hosts an app's groups have now, so that the groups that replace them begin alike."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from porter.aws.clients import ERRORS, Clients
from porter.build.context import LIVE_CAPACITY, LIVE_CAPACITY_METADATA

_NEVER_DEPLOYED = "ValidationError"
"""What CloudFormation answers about a stack or a resource it does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of a cloud assembly whose size is not the template's business.

    `start` is the size a new one begins with, `region` None where the assembly does not say.
    """

    stack: str
    logical_id: str
    context_key: str
    start: int
    region: str | None

    @property
    def host(self) -> str:
        """The path of its `PorterHost` in the construct tree."""
        return self.context_key.removeprefix(LIVE_CAPACITY)


@dataclass(slots=True)
class Answer:
    """The live sizes of groups that have grown beyond `start`, and why others are not known."""

    sizes: dict[Group, int] = field(default_factory=dict)
    problem: str = ""


def read(assembly: Path, *, profile: str | None, seconds: float) -> Answer:
    """Ask AWS about every group in `assembly`, for at most `seconds`; it never raises.

    Without credentials, and before a stack is first deployed, there is nothing to know.
    """
    answer = Answer()
    groups = list(_groups(assembly))
    # A daemon, since botocore's own time-outs are longer than anybody wants to wait here.
    asking = threading.Thread(target=_ask, args=(groups, profile, answer), daemon=True)
    asking.start()
    asking.join(seconds)
    if asking.is_alive():
        return Answer(dict(answer.sizes), f"AWS did not answer within {seconds:g} s")
    return answer


def _ask(groups: list[Group], profile: str | None, answer: Answer) -> None:
    clients: dict[str | None, Clients] = {}
    for group in groups:
        try:
            if group.region not in clients:
                clients[group.region] = Clients(region=group.region, profile=profile)
            size = _live_size(clients[group.region], group)
        except ERRORS as error:
            code = getattr(error, "response", {}).get("Error", {}).get("Code", _NEVER_DEPLOYED)
            if code != _NEVER_DEPLOYED:
                answer.problem = f"AWS answered {code}"
            continue
        if size > group.start:
            answer.sizes[group] = size


def _live_size(aws: Clients, group: Group) -> int:
    """0 for a group that is gone."""
    resource = aws["cloudformation"].describe_stack_resource(
        StackName=group.stack, LogicalResourceId=group.logical_id
    )
    name = resource["StackResourceDetail"].get("PhysicalResourceId")
    found = aws["autoscaling"].describe_auto_scaling_groups(AutoScalingGroupNames=[name or "-"])
    return sum(int(found["DesiredCapacity"]) for found in found["AutoScalingGroups"])


def _groups(assembly: Path) -> Iterator[Group]:
    """The groups of all stacks in `assembly`, those of stages too."""
    for identifier, artifact in _json(assembly / "manifest.json").get("artifacts", {}).items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            yield from _groups(assembly / properties["directoryName"])
        elif artifact["type"] == "aws:cloudformation:stack":
            region = artifact["environment"].rpartition("/")[2]
            template = _json(assembly / properties["templateFile"])
            for name, resource in template.get("Resources", {}).items():
                key = resource.get("Metadata", {}).get(LIVE_CAPACITY_METADATA)
                if key:
                    yield Group(
                        stack=properties.get("stackName", identifier),
                        logical_id=name,
                        context_key=key,
                        start=_number(resource["Properties"].get("MinSize")),
                        region=None if region == "unknown-region" else region,
                    )


def _number(size: object) -> int:
    """0 for what only CloudFormation knows."""
    return int(str(size)) if str(size).isdecimal() else 0


def _json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content
