"""Attach a target group to one load balancer only, as AWS does.

Elastic Load Balancing API Reference, "CreateListener": TargetGroupAssociationLimit. CloudFormation
makes the new load balancer first (https://github.com/aws/aws-cdk/issues/33253).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import ModuleType
from typing import Any


def attach_once(provisioners: ModuleType, load_balancing: ModuleType) -> None:
    """Fail a listener or rule that forwards to a target group of another load balancer."""
    original = provisioners._elbv2_listener_actions  # noqa: SLF001

    def balancer_of(rule: Mapping[str, Any]) -> object:
        listener = load_balancing._listeners.get(rule["ListenerArn"], {})  # noqa: SLF001
        return listener.get("LoadBalancerArn")

    @functools.wraps(original)
    def actions(
        properties: Mapping[str, Any], balancer: str | None, prop: str = "DefaultActions"
    ) -> list[Any]:
        own = balancer or balancer_of(properties)
        attached = {
            action.get("TargetGroupArn")
            for rule in load_balancing._rules.values()  # noqa: SLF001 - with those of default actions
            for action in rule["Actions"]
            if balancer_of(rule) not in (None, own)
        }
        found: list[Any] = original(properties, balancer, prop)
        for action in found:
            if (group := action.get("TargetGroupArn")) and group in attached:
                raise ValueError(
                    "The following target groups cannot be associated with more than one load "
                    f"balancer: {group} (Service: ElasticLoadBalancingV2, Status Code: 400)"
                )
        return found

    setattr(provisioners, "_elbv2_listener_actions", actions)  # noqa: B010 - private, and so untyped
