"""The lifecycle hooks of a `PorterHost`'s group, and the health checks that suit them."""

from __future__ import annotations

from aws_cdk import Duration, IResolvable, Stack
from aws_cdk.aws_autoscaling import AdditionalHealthCheckType, CfnAutoScalingGroup, HealthChecks

from porter.spec import DRAIN_HEARTBEAT_SECONDS, DRAIN_HOOK, LAUNCH_HOOK
from porter_cdk.launch_template import LaunchTemplate

GRACE_SECONDS = 60
"""From `InService` on; a host behind the launching hook has been healthy before (ADR 0039)."""

_Hook = CfnAutoScalingGroup.LifecycleHookSpecificationProperty


def hooks(waits: int) -> list[IResolvable | _Hook]:
    """Return the hooks that let a host drain (ADR 0037), and become healthy (ADR 0039).

    Auto Scaling `waits` so many seconds for a new host; with 0 there is no such hook.
    """
    drain = _Hook(
        lifecycle_hook_name=DRAIN_HOOK,
        lifecycle_transition="autoscaling:EC2_INSTANCE_TERMINATING",
        heartbeat_timeout=DRAIN_HEARTBEAT_SECONDS,
        default_result="CONTINUE",
    )
    launch = _Hook(
        lifecycle_hook_name=LAUNCH_HOOK,
        lifecycle_transition="autoscaling:EC2_INSTANCE_LAUNCHING",
        heartbeat_timeout=waits,
        default_result="ABANDON",
    )
    return [launch, drain] if waits else [drain]


def health_checks(waits: int, timeout: Duration) -> HealthChecks:
    """Return the checks by which Auto Scaling replaces a host: EC2's status checks (ADR 0040).

    A host that has been healthy asks for its own replacement. Without a launching hook (`waits` is
    0) nobody else would replace a host that never became healthy, so the load balancer's checks
    count after `timeout`. Earlier they would replace a host before it reports.
    """
    if waits:
        return HealthChecks.ec2(grace_period=Duration.seconds(GRACE_SECONDS))
    balancer = AdditionalHealthCheckType.ELB
    return HealthChecks.with_additional_checks(additional_types=[balancer], grace_period=timeout)


def remove(group: CfnAutoScalingGroup) -> None:
    """Remove porter's hooks; those that the app has added stay."""
    there = group.lifecycle_hook_specification_list
    if isinstance(there, list):
        names = [hook["lifecycleHookName"] for hook in Stack.of(group).resolve(there)]
        ours = (DRAIN_HOOK, LAUNCH_HOOK)
        kept = [hook for hook, name in zip(there, names, strict=True) if name not in ours]
        group.lifecycle_hook_specification_list = kept or None


def let_the_load_balancer_check(group: CfnAutoScalingGroup, timeout: Duration) -> None:
    """Give `group` the health checks of a group without a launching hook.

    Values of the app stay unless they are those of a group with the hook; an override always does.
    """
    if group.health_check_type == "EC2":
        group.health_check_type = "ELB"
    if group.health_check_grace_period == GRACE_SECONDS:
        group.health_check_grace_period = int(timeout.to_seconds())


def launch_seconds(group: CfnAutoScalingGroup, template: LaunchTemplate) -> int:
    """Return how long Auto Scaling waits for a new host of `group`; 0 without porter's hook."""
    there = Stack.of(group).resolve(group.lifecycle_hook_specification_list)
    ours = [hook for hook in there or () if hook["lifecycleHookName"] == LAUNCH_HOOK]
    return int(ours[0]["heartbeatTimeout"]) if ours and template.shows_tags else 0
