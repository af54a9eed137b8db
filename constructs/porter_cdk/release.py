"""Name a release after everything that replaces its hosts, at the end of synthesis."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import jsii
from aws_cdk import Aspects, CfnElement, CfnWaitCondition, IAspect, Stack
from constructs import IConstruct

from porter.spec import SpecError
from porter.spec.synthesis import IMAGE_REFRESHED, RELEASE_DIGITS
from porter_cdk.auto_scaling_group import ScalingGroupResource
from porter_cdk.launch_template import LaunchTemplate
from porter_cdk.replacement import behind, references

_AFTER_ALL_OTHERS = 10_000
"""The CDK's own priorities end at 1,000 (`AspectPriority.READONLY`)."""

_LAUNCHING = {
    "InstanceId": "instance_id",
    "LaunchConfigurationName": "launch_configuration_name",
    "LaunchTemplate": "launch_template",
    "MixedInstancesPolicy": "mixed_instances_policy",
    "PlacementGroup": "placement_group",
    "VPCZoneIdentifier": "vpc_zone_identifier",
}
"""Properties of an Auto Scaling group that decide what it launches, and where.

CloudFormation would apply a change of them to hosts launched later, and nothing would wait.
"""


def name(template: LaunchTemplate, group: ScalingGroupResource, condition: CfnWaitCondition) -> str:
    """Return twelve hexadecimal digits of a hash over everything that replaces hosts.

    Values are resolved first, because the CDK numbers tokens differently in every process.
    """
    stack = Stack.of(group)
    own = stack.resolve(
        {
            "ids": [template.logical_id, group.logical_id],
            "template": template.version_description,
            "launch_template": template.launch_template_data,
            "overrides": [list(override) for override in template.overrides],
            "group": {key: getattr(group, attribute) for key, attribute in _LAUNCHING.items()},
            "group_overrides": [list(o) for o in group.overrides if _affects(o[0])],
            "count": condition.count,
            "timeout": condition.timeout,
        }
    )
    if refreshed := template.node.try_get_context(IMAGE_REFRESHED):
        own |= {"image": refreshed} if _image_is_a_parameter(own) else {}
    text = json.dumps([own, behind(stack, own)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:RELEASE_DIGITS]


def _image_is_a_parameter(own: dict[str, Any]) -> bool:
    """Return whether a deployment may resolve the image of the template in `own` anew."""
    image = own["launch_template"].get("imageId")
    named = any(not name.startswith("AWS::") for name in references(image))
    return named or "{{resolve:" in json.dumps([image, own["overrides"]])


def _affects(path: str) -> bool:
    """Return whether an override at `path` (`Properties.PlacementGroup`) may affect launches."""
    section, _, below = path.partition(".")
    return section in {"Type", "Properties"} and below.split(".")[0] in {"", *_LAUNCHING}


def mark(name: str, *elements: CfnElement) -> None:
    """Add `name` to the logical ids of `elements`, so that each release has its own."""
    for element in elements:
        own = Stack.of(element).resolve(element.logical_id)
        try:
            element.override_logical_id(f"{own}{name}")
        except RuntimeError as error:  # the CDK locks the id of an exported value
            raise SpecError(
                "is exported, so that no release could replace it",
                where=element.node.path,
                cure="remove stack.export_value(...); another stack can find the group by its tags",
            ) from error


def at_the_end(last: IConstruct, action: Callable[[], None]) -> None:
    """Call `action` once, after all tags and aspects have visited the constructs before `last`."""
    # Aspects visit parents before children, and children in the order of their creation.
    Aspects.of(last).add(_Once(action), priority=_AFTER_ALL_OTHERS)


@jsii.implements(IAspect)
class _Once:
    """An aspect that acts on its first visit only: a second synthesis changes nothing."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action: Callable[[], None] | None = action

    def visit(self, node: IConstruct) -> None:  # noqa: ARG002 - the CDK's signature
        if self._action:
            self._action()
            self._action = None
