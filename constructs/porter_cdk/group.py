"""The AutoScalingGroup of a host."""

from __future__ import annotations

import re
from typing import cast

from aws_cdk import Duration, Tags
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from porter.spec import SpecError
from porter_cdk.capacity import Capacity

_TAG_KEY = re.compile(r"[A-Za-z0-9+\-=.,_:@]+")
_TAG_KEYS_REFUSED = (".", "..", "_index")


def auto_scaling_group(  # noqa: PLR0913 - what the resource is made of
    scope: Construct,
    *,
    vpc: ec2.IVpc,
    vpc_subnets: ec2.SubnetSelection,
    launch_template: ec2.CfnLaunchTemplate,
    capacity: Capacity,
    grace_period: Duration,
) -> autoscaling.AutoScalingGroup:
    """A group that a release replaces as a whole: old hosts go once the new ones are healthy.

    `grace_period` must not be shorter than the wait condition's time-out: the load balancer would
    have a host replaced before it can say what is wrong.
    """
    group = autoscaling.AutoScalingGroup(
        scope,
        "AutoScalingGroup",
        vpc=vpc,
        vpc_subnets=vpc_subnets,
        launch_template=ec2.LaunchTemplate.from_launch_template_attributes(
            scope,
            "LatestLaunchTemplate",
            launch_template_id=launch_template.ref,
            version_number=launch_template.attr_latest_version_number,
        ),
        min_capacity=capacity.minimum,
        max_capacity=capacity.maximum,
        desired_capacity=capacity.desired,
        health_checks=autoscaling.HealthChecks.with_additional_checks(
            additional_types=[autoscaling.AdditionalHealthCheckType.ELB],
            grace_period=grace_period,
        ),
        update_policy=autoscaling.UpdatePolicy.replacing_update(),
    )
    group.node.add_dependency(vpc.internet_connectivity_established)
    Tags.of(group).add("Name", scope.node.path)
    return group


def resource(group: autoscaling.AutoScalingGroup) -> autoscaling.CfnAutoScalingGroup:
    """The CloudFormation resource of `group`."""
    return cast("autoscaling.CfnAutoScalingGroup", group.node.default_child)


def check_tags(group: autoscaling.AutoScalingGroup) -> None:
    """Refuse tags that would keep EC2 from launching hosts.

    Tags in instance metadata restrict their keys (EC2 User Guide, "View tags for your EC2
    instances using instance metadata"). Raises `SpecError`.
    """
    for key in resource(group).tags.tag_values():
        if not _TAG_KEY.fullmatch(key) or key in _TAG_KEYS_REFUSED:
            raise SpecError(
                "hosts cannot show this tag in their metadata, and EC2 would not launch them",
                where=f"tags/{key}",
                cure="use letters, digits and + - = . , _ : @ in keys of tags",
            )
