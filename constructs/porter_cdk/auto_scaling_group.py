"""The Auto Scaling group of a `PorterHost`."""

from __future__ import annotations

import inspect
import re
from typing import Any, cast

from aws_cdk import Duration, Stack, Tags
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from porter.spec import SpecError
from porter_cdk.capacity import Capacity
from porter_cdk.rollout import Rollout

_TAG_KEY = re.compile(r"[A-Za-z0-9+\-=.,_:@]+")
_TAG_KEYS_REFUSED = (".", "..", "_index")
_OURS = "UpdatePolicy.AutoScalingReplacingUpdate"
_NAMING = "Properties.AutoScalingGroupName"
_NOT_COPIED = ("self", "tags", "notification_configuration")  # the last is deprecated


class ScalingGroupResource(autoscaling.CfnAutoScalingGroup):
    """The resource in an `AutoScalingGroup`, with a record of overrides as in `LaunchTemplate`."""

    def __init__(self, group: autoscaling.AutoScalingGroup) -> None:
        self.overrides: list[tuple[str, Any]] = []
        made = cast("autoscaling.CfnAutoScalingGroup", group.node.default_child)
        names = inspect.signature(autoscaling.CfnAutoScalingGroupProps.__init__).parameters
        props = {name: getattr(made, name) for name in names if name not in _NOT_COPIED}
        group.node.try_remove_child(made.node.id)
        super().__init__(group, made.node.id, **props)
        self.cfn_options.update_policy = made.cfn_options.update_policy
        group.node.default_child = self

    def add_override(self, path: str, value: Any) -> None:  # noqa: ANN401 - the CDK's signature
        """Put `value` at `path` of the synthesized resource, and record both."""
        self.overrides.append((path, value))
        super().add_override(path, value)


def new(  # noqa: PLR0913 - what the resource is made of
    scope: Construct,
    *,
    vpc: ec2.IVpc,
    vpc_subnets: ec2.SubnetSelection,
    launch_template: ec2.CfnLaunchTemplate,
    capacity: Capacity,
    grace_period: Duration,
    rollout: Rollout,
) -> autoscaling.AutoScalingGroup:
    """Make the group; a release replaces its hosts according to `rollout`.

    `grace_period` must not be shorter than the wait condition's time-out. Otherwise the load
    balancer's health check replaces a host before the host reports its failure.
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
        update_policy=rollout.update_policy(),
    )
    ScalingGroupResource(group)
    group.node.add_dependency(vpc.internet_connectivity_established)
    Tags.of(group).add("Name", scope.node.path)
    return group


def resource(group: autoscaling.AutoScalingGroup) -> ScalingGroupResource:
    """Return the CloudFormation resource of `group`."""
    return cast("ScalingGroupResource", group.node.default_child)


def check(group: autoscaling.AutoScalingGroup) -> None:
    """Raise `SpecError` for a name, tag or update policy that would break a release."""
    made = resource(group)
    _check_name(made)
    _check_tags(made)
    _check_update_policy(made)


def _check_name(made: ScalingGroupResource) -> None:
    # Two groups exist during a release: CloudFormation would fail with "already exists".
    overridden = any(path == _NAMING and value is not None for path, value in made.overrides)
    if overridden or Stack.of(made).resolve(made.auto_scaling_group_name) is not None:
        raise SpecError(
            "must not be set: a release creates a second group beside this one",
            where=f"{made.node.path}/AutoScalingGroupName",
            cure="let CloudFormation choose the name, and find the group by its tags",
        )


def _check_tags(made: ScalingGroupResource) -> None:
    # EC2 User Guide, "View tags for your EC2 instances using instance metadata".
    for key in made.tags.tag_values():
        if not _TAG_KEY.fullmatch(key) or key in _TAG_KEYS_REFUSED:
            raise SpecError(
                "is a tag that instance metadata cannot show, so EC2 would launch no hosts",
                where=f"tags/{key}",
                cure="use only letters, digits and + - = . , _ : @ in tag keys",
            )


def _check_update_policy(made: ScalingGroupResource) -> None:
    # With another policy, a new wait condition might wait for hosts that never start.
    policy = made.cfn_options.update_policy
    replacing = policy and policy.auto_scaling_replacing_update
    overridden = any(_OURS.startswith(path) or path.startswith(_OURS) for path, _ in made.overrides)
    if overridden or not replacing or not replacing.will_replace:
        raise SpecError(
            "must be the update policy of the rollout",
            where=f"{made.node.path}/UpdatePolicy",
            cure="choose the policy with rollout=",
        )
