"""Keep the policies of a group that ministack drops: mixed instances, instance maintenance."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

_SOURCES = ("InstanceId", "LaunchConfigurationName", "LaunchTemplate", "MixedInstancesPolicy")
_REFUSED = (
    "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or "
    "MixedInstancesPolicy parameter."
)
"""The API's own words for several sources (getmoto/moto#3236)."""

Answer = tuple[int, dict[str, str], bytes]


def keep_mixed_instances(provisioners: ModuleType, auto_scaling: ModuleType) -> None:
    """Keep a group's two policies and `CapacityRebalance`, and describe them.

    Auto Scaling API Reference, "AutoScalingGroup", "MixedInstancesPolicy" and
    "InstanceMaintenancePolicy".
    """
    fields, template_of = provisioners._asg_fields, provisioners._asg_launch_template  # noqa: SLF001
    describe = auto_scaling._ACTION_MAP["DescribeAutoScalingGroups"]  # noqa: SLF001

    def fields_with_policy(properties: Mapping[str, Any]) -> dict[str, Any]:
        if len([one for one in _SOURCES if properties.get(one)]) > 1:
            raise ValueError(_REFUSED)
        kept: dict[str, Any] = {
            "CapacityRebalance": str(properties.get("CapacityRebalance", False)).lower(),
            "InstanceMaintenancePolicy": properties.get("InstanceMaintenancePolicy"),
        }
        if policy := properties.get("MixedInstancesPolicy"):
            below = policy["LaunchTemplate"]
            named = template_of(below["LaunchTemplateSpecification"])
            launched = {**below, "LaunchTemplateSpecification": named}
            kept["MixedInstancesPolicy"] = {**policy, "LaunchTemplate": launched}
        return {"MixedInstancesPolicy": None, **fields(properties), **kept}

    @functools.wraps(describe)
    def describe_with_policy(parameters: Mapping[str, Any]) -> Answer:
        status, headers, body = describe(parameters)
        for name, group in auto_scaling._asgs.items():  # noqa: SLF001
            told = {"CapacityRebalance": group.get("CapacityRebalance", "false")}
            for one in ("MixedInstancesPolicy", "InstanceMaintenancePolicy"):
                if policy := group.get(one):
                    told[one] = policy
            mark = f"<member><AutoScalingGroupName>{name}</AutoScalingGroupName>"
            body = body.replace(mark.encode(), f"{mark}{_xml(told)}".encode())
        return status, headers, body

    setattr(provisioners, "_asg_fields", fields_with_policy)  # noqa: B010 - private, and so untyped
    auto_scaling._ACTION_MAP["DescribeAutoScalingGroups"] = describe_with_policy  # noqa: SLF001


def _xml(value: object) -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{_xml(one)}</{name}>" for name, one in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_xml(one)}</member>" for one in value)
    return escape(str(value))
