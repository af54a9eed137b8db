"""Update Auto Scaling groups as CloudFormation does: replace by UpdatePolicy, else in place."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

KIND = "AWS::AutoScaling::AutoScalingGroup"

REPLACING = ("LaunchConfigurationName", "LaunchTemplate", "PlacementGroup", "VPCZoneIdentifier")
"""Changes that an `AutoScalingReplacingUpdate` acts on; all others are made in place.

CloudFormation Template Reference, "UpdatePolicy attribute".
"""

_NAMED = (
    "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
    "Rename {name} and update the stack again."
)

Properties = Mapping[str, Any]
Created = tuple[str, dict[str, str]]


def play_update_policy(
    provisioners: ModuleType, engine: ModuleType, cloudformation: ModuleType
) -> None:
    """Let a stack update create a new group if the template's policy says so.

    The rest is the engine's: it deletes the old group at clean-up, after the new wait condition
    completed. If the update fails, it deletes the new group.
    """
    handler = provisioners._RESOURCE_HANDLERS[KIND]  # noqa: SLF001
    in_place = handler["update"]

    def policy(stack: str, logical_id: str) -> Mapping[str, Any]:
        body = cloudformation._stacks[stack]["_template_body"]  # noqa: SLF001 - the one being deployed
        resource = engine._parse_template(body)["Resources"].get(logical_id, {})  # noqa: SLF001
        found: Mapping[str, Any] = resource.get("UpdatePolicy", {})
        return found

    @functools.wraps(in_place)
    def update(
        physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str
    ) -> Created:
        if will_replace(policy(stack, logical_id)) and replaces(old, new):
            if new.get("AutoScalingGroupName") == physical_id:
                raise ValueError(_NAMED.format(name=physical_id))
            create = provisioners._asg_create  # noqa: SLF001
            created: Created = provisioners._seeded_create(create, logical_id, new, stack)  # noqa: SLF001
            return created
        scaling_group = provisioners._asg._asgs.get(physical_id)  # noqa: SLF001
        capacity = scaling_group["DesiredCapacity"] if scaling_group else 0
        updated: Created = in_place(physical_id, old, new, stack, logical_id)
        if scaling_group and "DesiredCapacity" not in new:
            scaling_group["DesiredCapacity"] = max(
                scaling_group["MinSize"], min(capacity, scaling_group["MaxSize"])
            )
        return updated

    handler["update"] = update

    def own_tags(stack: str, logical_id: str) -> dict[str, str]:
        stack_id = cloudformation._stacks[stack]["StackId"]  # noqa: SLF001
        return {
            "aws:cloudformation:logical-id": logical_id,
            "aws:cloudformation:stack-id": stack_id,
            "aws:cloudformation:stack-name": stack,
        }

    handler["create"] = _propagating(handler["create"], 1, lambda all_: own_tags(all_[2], all_[0]))
    handler["update"] = _propagating(handler["update"], 2, lambda all_: own_tags(all_[3], all_[4]))


def _propagating(
    handle: Callable[..., Created], place: int, own_tags: Callable[[Any], Mapping[str, str]]
) -> Callable[..., Created]:
    """Let the stack's tags propagate to instances; `place` is the index of the new properties.

    CloudFormation User Guide, "Resource tags": stack-level tags reach the instances of a group, and
    CloudFormation adds tags of its own. The template's tags say `PropagateAtLaunch`, which they
    must.
    """

    @functools.wraps(handle)
    def handled(*arguments: Any) -> Created:  # noqa: ANN401 - ministack's own
        properties = arguments[place]
        own = [{"Key": key, "Value": value} for key, value in own_tags(arguments).items()]
        given = [*properties.get("Tags", ()), *own]
        tags = [{"PropagateAtLaunch": True, **tag} for tag in given]
        amended = {**properties, "Tags": tags}
        return handle(*arguments[:place], amended, *arguments[place + 1 :])

    return handled


def will_replace(policy: Mapping[str, Any]) -> bool:
    """Whether an `UpdatePolicy` asks for a new group; templates also write booleans as text."""
    replacing = policy.get("AutoScalingReplacingUpdate", {})
    return str(replacing.get("WillReplace", False)).lower() == "true"


def replaces(old: Properties, new: Properties) -> bool:
    """Whether the policy acts on this change of a group's resolved properties."""
    return any(old.get(name) != new.get(name) for name in REPLACING)
