"""The lifecycle hooks of a `PorterHost`'s group: a host becomes healthy, and drains."""

from __future__ import annotations

from aws_cdk import IResolvable, Stack
from aws_cdk.aws_autoscaling import CfnAutoScalingGroup

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


def remove(group: CfnAutoScalingGroup, grace_period: int) -> None:
    """Remove porter's hooks; those that the app has added stay.

    A grace period that is porter's becomes `grace_period` seconds.
    """
    there = group.lifecycle_hook_specification_list
    if isinstance(there, list):
        names = [hook["lifecycleHookName"] for hook in Stack.of(group).resolve(there)]
        ours = (DRAIN_HOOK, LAUNCH_HOOK)
        kept = [hook for hook, name in zip(there, names, strict=True) if name not in ours]
        group.lifecycle_hook_specification_list = kept or None
        if group.health_check_grace_period == GRACE_SECONDS:
            group.health_check_grace_period = grace_period


def launch_seconds(group: CfnAutoScalingGroup, template: LaunchTemplate) -> int:
    """Return how long Auto Scaling waits for a new host of `group`; 0 without porter's hook."""
    there = Stack.of(group).resolve(group.lifecycle_hook_specification_list)
    ours = [hook for hook in there or () if hook["lifecycleHookName"] == LAUNCH_HOOK]
    return int(ours[0]["heartbeatTimeout"]) if ours and template.shows_tags else 0
