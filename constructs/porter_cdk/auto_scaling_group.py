"""The Auto Scaling group of a `PorterHost`."""

from __future__ import annotations

import inspect
from typing import Any, cast

import jsii
from aws_cdk import Duration, Fn, Stack, Tags
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import SpecError, launch_hook_seconds
from porter.spec.tags import check_tag_keys
from porter_cdk import lifecycle_hooks
from porter_cdk.capacity import Capacity
from porter_cdk.instances import Instances
from porter_cdk.launch_template import LaunchTemplate
from porter_cdk.network import selected
from porter_cdk.overrides import sets

_NAMING = "Properties.AutoScalingGroupName"
_FIRST = "1"
"""The only version of a release's launch template that its group uses (ADR 0024)."""
_MIN_HEALTHY_PERCENT, _MAX_HEALTHY_PERCENT = 100, 110
"""Auto Scaling launches a host before it terminates an unhealthy one, a tenth of the group at once.

Without it, Auto Scaling would terminate first (Amazon EC2 Auto Scaling User Guide, "Instance
maintenance policies").
"""
_Launched = autoscaling.CfnAutoScalingGroup.LaunchTemplateSpecificationProperty
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
        self._made = made
        group.node.default_child = self

    def add_override(self, path: str, value: Any) -> None:  # noqa: ANN401 - the CDK's signature
        """Put `value` at `path` of the synthesized resource, and record both."""
        self.overrides.append((path, value))
        super().add_override(path, value)

    def override_logical_id(self, new_logical_id: str) -> None:
        """Name this resource, and also the exchanged one: the group's own references name that."""
        super().override_logical_id(new_logical_id)
        self._made.override_logical_id(new_logical_id)


def new(  # noqa: PLR0913 - what the resource is made of
    scope: Construct,
    *,
    vpc: ec2.IVpc,
    vpc_subnets: ec2.SubnetSelection,
    launch_template: LaunchTemplate,
    security_group: ec2.ISecurityGroup,
    profile: iam.IInstanceProfile,
    capacity: Capacity,
    instances: Instances,
    timeout: Duration,
) -> autoscaling.AutoScalingGroup:
    """Make the group of a release. It has no update policy: a release is a new group (ADR 0024).

    `timeout` is the wait condition's.
    """
    waits = launch_hook_seconds(int(timeout.to_seconds()))
    group = autoscaling.AutoScalingGroup(
        scope,
        "AutoScalingGroup",
        vpc=vpc,
        vpc_subnets=vpc_subnets,
        launch_template=_seen_by_the_cdk(scope, security_group, profile),
        min_capacity=capacity.minimum,
        max_capacity=capacity.maximum,
        desired_capacity=capacity.desired,
        health_checks=lifecycle_hooks.health_checks(waits, timeout),
        max_instance_lifetime=instances.max_lifetime,
        capacity_rebalance=instances.spot or None,
        min_healthy_percentage=_MIN_HEALTHY_PERCENT,
        max_healthy_percentage=_MAX_HEALTHY_PERCENT,
    )
    made = ScalingGroupResource(group)
    instances.launch(made, _Launched(launch_template_id=launch_template.ref, version=_FIRST))
    # A hook of its own resource would come after the first hosts.
    made.lifecycle_hook_specification_list = lifecycle_hooks.hooks(waits)
    group.node.add_dependency(selected(vpc, vpc_subnets).internet_connectivity_established)
    Tags.of(group).add("Name", scope.node.path)
    return group


@jsii.implements(ec2.IMachineImage)
class _AnyImage:
    """An image that no resource uses."""

    @jsii.member(jsii_name="getImage")
    def get_image(self, _scope: Construct) -> ec2.MachineImageConfig:
        return ec2.MachineImageConfig(
            image_id="ami-0",
            os_type=ec2.OperatingSystemType.LINUX,
            user_data=ec2.UserData.for_linux(),
        )


def _seen_by_the_cdk(
    scope: Construct, security_group: ec2.ISecurityGroup, profile: iam.IInstanceProfile
) -> ec2.LaunchTemplate:
    """Return a launch template without a resource, which tells the CDK's group what hosts have.

    `connections` and `role` of the group need it: an imported template has neither.
    """
    seen = ec2.LaunchTemplate(
        scope,
        "ReleasedLaunchTemplate",
        instance_type=ec2.InstanceType("t3.small"),
        machine_image=_AnyImage(),
        instance_profile=profile,
        security_group=security_group,
    )
    for child in seen.node.children:
        seen.node.try_remove_child(child.node.id)
    return seen


def register(
    group: autoscaling.AutoScalingGroup, target_group: elbv2.ApplicationTargetGroup
) -> None:
    """Add `group` to `target_group`, beside others that the app adds it to.

    The CDK's own method would also make security group rules as separate resources.
    """
    arn = target_group.target_group_arn
    bare = elbv2.NetworkTargetGroup.from_target_group_attributes(
        target_group, "WithoutRules", target_group_arn=arn
    )
    group.attach_to_network_target_group(bare)
    group._alb_target_group = target_group  # noqa: SLF001 - for scale_on_request_count


def target_groups(group: autoscaling.AutoScalingGroup) -> tuple[str, ...]:
    """Return the ARNs of the target groups that `group` has by now, as tokens.

    A resolved reference would be none to the CDK, and target groups of other stacks need one.
    """
    arns = resource(group).target_group_arns
    count = len(Stack.of(group).resolve(arns) or ())
    return tuple(Fn.select(number, arns or []) for number in range(count))


def resource(group: autoscaling.AutoScalingGroup) -> ScalingGroupResource:
    """Return the CloudFormation resource of `group`."""
    return cast("ScalingGroupResource", group.node.default_child)


def check(group: autoscaling.AutoScalingGroup, template: LaunchTemplate, timeout: Duration) -> None:
    """Raise `SpecError` for a name, tag or update policy that would break a release."""
    made = resource(group)
    _check_name(made)
    if template.shows_tags:
        check_tag_keys(_tags_of_hosts(made))
    else:  # a host finds its group by a tag, and nobody else would complete the hooks
        lifecycle_hooks.remove(made)
    # The app may have removed the hook, too.
    had_hook = launch_hook_seconds(int(timeout.to_seconds()))
    if had_hook and not lifecycle_hooks.launch_seconds(made, template):
        lifecycle_hooks.let_the_load_balancer_check(made, timeout)
    _check_update_policy(made)


def _check_name(made: ScalingGroupResource) -> None:
    # Two groups exist during a release: CloudFormation would fail with "already exists".
    name = Stack.of(made).resolve(made.auto_scaling_group_name)
    if sets(made.overrides, _NAMING) or name is not None:
        raise SpecError(
            "must not be set: a release creates a second group beside this one",
            where=f"{made.node.path}/AutoScalingGroupName",
            cure="let CloudFormation choose the name, and find the group by its tags",
        )


def _tags_of_hosts(made: ScalingGroupResource) -> set[str]:
    """Return the keys of the tags that instances get.

    Those are the group's tags that propagate, and all tags of the stack: CloudFormation puts the
    stack's tags on the group, and they propagate.
    """
    rendered = Stack.of(made).resolve(made.tags.render_tags()) or []
    own = {tag["key"] for tag in rendered if tag["propagateAtLaunch"]}
    return own | set(Stack.of(made).tags.tag_values())


def _check_update_policy(made: ScalingGroupResource) -> None:
    # With a policy, a changed parameter would replace or update hosts, and nothing would wait.
    if sets(made.overrides, "UpdatePolicy") or made.cfn_options.update_policy:
        raise SpecError(
            "must not be set: a release creates a second group",
            where=f"{made.node.path}/UpdatePolicy",
            cure="choose the way in which hosts are replaced with rollout=",
        )
