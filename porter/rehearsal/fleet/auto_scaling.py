"""Read the Auto Scaling groups of an environment: how many hosts each wants, and of what kind."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from porter.aws.clients import Clients
from porter.rehearsal.cloud.emulator.lifecycle import LAUNCHING, TERMINATING, Hook
from porter.rehearsal.fleet.maintenance import Maintenance
from porter.rehearsal.fleet.purchases import Purchases
from porter.spec import DRAIN_HOOK, LAUNCH_HOOK


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchTemplate:
    """One version of a launch template; `user_data` is decoded.

    `assigns_address` says whether a host gets a public address; None leaves it to the subnet.
    """

    image_id: str
    instance_type: str
    user_data: bytes
    role_name: str
    role_arn: str
    metadata_hops: int
    shows_tags: bool
    assigns_address: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoScalingGroup:
    """An Auto Scaling group; `tags` are those that it propagates to its hosts.

    `rebalances` is whether Capacity Rebalancing is enabled. `maintenance` is the instance
    maintenance policy.
    """

    name: str
    desired_capacity: int
    target_group_arns: tuple[str, ...]
    subnets: tuple[str, ...]
    zones: tuple[str, ...]
    tags: Mapping[str, str]
    launch_template: Mapping[str, str]
    termination_policies: tuple[str, ...] = ("Default",)
    max_size: int = 0
    purchases: Purchases = field(default_factory=Purchases)
    rebalances: bool = False
    maintenance: Maintenance | None = None


def read_auto_scaling_groups(aws: Clients) -> Iterator[AutoScalingGroup]:
    """Yield every Auto Scaling group of the account and region."""
    pages = aws["autoscaling"].get_paginator("describe_auto_scaling_groups").paginate()
    for page in pages:
        for scaling_group in page["AutoScalingGroups"]:
            policy = scaling_group.get("MixedInstancesPolicy", {})
            mixed = policy.get("LaunchTemplate", {}).get("LaunchTemplateSpecification", {})
            yield AutoScalingGroup(
                name=scaling_group["AutoScalingGroupName"],
                desired_capacity=scaling_group["DesiredCapacity"],
                target_group_arns=tuple(scaling_group.get("TargetGroupARNs", ())),
                subnets=tuple(
                    name for name in scaling_group["VPCZoneIdentifier"].split(",") if name
                ),
                zones=tuple(scaling_group["AvailabilityZones"]),
                tags=_propagated(scaling_group.get("Tags", ())),
                launch_template=mixed or scaling_group.get("LaunchTemplate", {}),
                termination_policies=tuple(scaling_group["TerminationPolicies"]),
                max_size=scaling_group["MaxSize"],
                purchases=Purchases.of(policy),
                rebalances=scaling_group.get("CapacityRebalance", False),
                maintenance=Maintenance.of(scaling_group.get("InstanceMaintenancePolicy", {})),
            )


_PLAYED = {LAUNCHING: LAUNCH_HOOK, TERMINATING: DRAIN_HOOK}
"""The hooks that are played: nobody would complete those of an app."""


def read_hooks(aws: Clients, name: str, transition: str) -> dict[str, Hook]:
    """Return the hooks for `transition` that are played: porter's own, if there is one."""
    found = aws["autoscaling"].describe_lifecycle_hooks(AutoScalingGroupName=name)
    return {
        hook["LifecycleHookName"]: Hook(
            name=hook["LifecycleHookName"],
            timeout=hook["HeartbeatTimeout"],
            default=hook["DefaultResult"],
        )
        for hook in found["LifecycleHooks"]
        if hook["LifecycleTransition"] == transition
        and hook["LifecycleHookName"] == _PLAYED[transition]
    }


def read_launch_template(aws: Clients, scaling_group: AutoScalingGroup) -> LaunchTemplate:
    """Return the version of the launch template that `scaling_group` names; it must name one."""
    wanted = scaling_group.launch_template
    versions = aws["ec2"].describe_launch_template_versions(
        LaunchTemplateId=wanted["LaunchTemplateId"], Versions=[wanted["Version"]]
    )["LaunchTemplateVersions"]
    data = versions[0]["LaunchTemplateData"]
    options = data.get("MetadataOptions", {})
    role = _role(aws, data.get("IamInstanceProfile", {}))
    interface = (data.get("NetworkInterfaces") or [{}])[0]
    return LaunchTemplate(
        image_id=data.get("ImageId", ""),
        instance_type=data.get("InstanceType", ""),
        user_data=base64.b64decode(data.get("UserData", "")),
        role_name=role.get("RoleName", ""),
        role_arn=role.get("Arn", ""),
        metadata_hops=int(options.get("HttpPutResponseHopLimit", 1)),
        shows_tags=options.get("InstanceMetadataTags") == "enabled",
        assigns_address=interface.get("AssociatePublicIpAddress"),
    )


def zones_of(aws: Clients, scaling_group: AutoScalingGroup) -> list[str]:
    """Return the availability zones of the group's hosts, in the order of its subnets."""
    if not scaling_group.subnets:
        return list(scaling_group.zones)
    found = aws["ec2"].describe_subnets(SubnetIds=list(scaling_group.subnets))["Subnets"]
    zones = {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in found}
    return [zones[subnet] for subnet in scaling_group.subnets]


def _role(aws: Clients, profile: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the role of an instance profile given by ARN or name; empty without a profile."""
    name = profile.get("Name") or profile.get("Arn", "").rpartition("/")[2]
    if not name:
        return {}
    found = aws["iam"].get_instance_profile(InstanceProfileName=name)
    role: Mapping[str, Any] = found["InstanceProfile"]["Roles"][0]
    return role


def _propagated(tags: Any) -> dict[str, str]:  # noqa: ANN401 - boto3's lists of tags
    return {tag["Key"]: tag["Value"] for tag in tags if tag["PropagateAtLaunch"]}
