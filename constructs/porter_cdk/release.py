"""Name a release after everything that replaces its hosts, at the end of synthesis."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import jsii
from aws_cdk import Aspects, CfnWaitCondition, IAspect, Stack
from constructs import IConstruct

from porter_cdk.auto_scaling_group import ScalingGroupResource
from porter_cdk.launch_template import LaunchTemplate
from porter_cdk.replacement import behind

_AFTER_ALL_OTHERS = 10_000
"""The CDK's own priorities end at 1,000 (`AspectPriority.READONLY`)."""

_REPLACING = {
    "AutoScalingGroupName": "auto_scaling_group_name",
    "InstanceId": "instance_id",
    "LaunchConfigurationName": "launch_configuration_name",
    "LaunchTemplate": "launch_template",
    "MixedInstancesPolicy": "mixed_instances_policy",
    "PlacementGroup": "placement_group",
    "VPCZoneIdentifier": "vpc_zone_identifier",
}
"""Properties of an Auto Scaling group that replace it when they change.

The first two always do, the others because of the update policy (CloudFormation Template Reference,
"UpdatePolicy attribute").
"""


def name(template: LaunchTemplate, group: ScalingGroupResource, condition: CfnWaitCondition) -> str:
    """Return twelve hexadecimal digits of a hash over everything that replaces `group`.

    Values are resolved first, because the CDK numbers tokens differently in every process.
    """
    stack = Stack.of(group)
    own = stack.resolve(
        {
            "ids": [template.logical_id, group.logical_id],
            "template": [template.launch_template_name, template.version_description],
            "launch_template": template.launch_template_data,
            "overrides": [list(override) for override in template.overrides],
            "group": {key: getattr(group, attribute) for key, attribute in _REPLACING.items()},
            "group_overrides": [list(o) for o in group.overrides if _replaces(o[0])],
            "count": condition.count,
            "timeout": condition.timeout,
        }
    )
    text = json.dumps([own, behind(stack, own)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _replaces(path: str) -> bool:
    """Return whether an override at `path` (`Properties.PlacementGroup`) may replace the group."""
    section, _, below = path.partition(".")
    return section in {"Type", "Properties"} and below.split(".")[0] in {"", *_REPLACING}


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
