"""Read the AutoScalingGroups of an environment: how many hosts each wants, and what kind."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from porter.aws.clients import Clients


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What a launch template's version says about a host; `user_data` is decoded."""

    image_id: str
    instance_type: str
    user_data: bytes
    role_name: str
    role_arn: str
    metadata_hops: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An AutoScalingGroup; `tags` are those it propagates to its hosts."""

    name: str
    desired_capacity: int
    target_group_arns: tuple[str, ...]
    subnets: tuple[str, ...]
    zones: tuple[str, ...]
    tags: Mapping[str, str]
    launch_template: Mapping[str, str]


def read_groups(aws: Clients) -> Iterator[Group]:
    """Every group there is now."""
    pages = aws["autoscaling"].get_paginator("describe_auto_scaling_groups").paginate()
    for page in pages:
        for group in page["AutoScalingGroups"]:
            yield Group(
                name=group["AutoScalingGroupName"],
                desired_capacity=group["DesiredCapacity"],
                target_group_arns=tuple(group.get("TargetGroupARNs", ())),
                subnets=tuple(name for name in group["VPCZoneIdentifier"].split(",") if name),
                zones=tuple(group["AvailabilityZones"]),
                tags=_propagated(group.get("Tags", ())),
                launch_template=group.get("LaunchTemplate", {}),
            )


def read_template(aws: Clients, group: Group) -> Template:
    """The version of the launch template that `group` names; it must name one."""
    wanted = group.launch_template
    versions = aws["ec2"].describe_launch_template_versions(
        LaunchTemplateId=wanted["LaunchTemplateId"], Versions=[wanted["Version"]]
    )["LaunchTemplateVersions"]
    data = versions[0]["LaunchTemplateData"]
    role = _role(aws, data.get("IamInstanceProfile", {}))
    return Template(
        image_id=data.get("ImageId", ""),
        instance_type=data.get("InstanceType", ""),
        user_data=base64.b64decode(data.get("UserData", "")),
        role_name=role.get("RoleName", ""),
        role_arn=role.get("Arn", ""),
        metadata_hops=int(data.get("MetadataOptions", {}).get("HttpPutResponseHopLimit", 1)),
    )


def zones_of(aws: Clients, group: Group) -> list[str]:
    """Availability zones to spread the group's hosts over, in the order of its subnets."""
    if not group.subnets:
        return list(group.zones)
    subnets = aws["ec2"].describe_subnets(SubnetIds=list(group.subnets))["Subnets"]
    return [subnet["AvailabilityZone"] for subnet in subnets]


def _role(aws: Clients, profile: Mapping[str, str]) -> Mapping[str, Any]:
    """The role of an instance profile given by ARN or by name; empty without a profile."""
    name = profile.get("Name") or profile.get("Arn", "").rpartition("/")[2]
    if not name:
        return {}
    found = aws["iam"].get_instance_profile(InstanceProfileName=name)
    role: Mapping[str, Any] = found["InstanceProfile"]["Roles"][0]
    return role


def _propagated(tags: Any) -> dict[str, str]:  # noqa: ANN401 - boto3's lists of tags
    return {tag["Key"]: tag["Value"] for tag in tags if tag["PropagateAtLaunch"]}
