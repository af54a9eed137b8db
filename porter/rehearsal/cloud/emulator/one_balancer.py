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
    """Fail a listener that forwards to a target group of another load balancer's listener."""
    original = provisioners._elbv2_listener_actions  # noqa: SLF001

    @functools.wraps(original)
    def actions(properties: Mapping[str, Any], balancer: str | None, *rest: str) -> list[Any]:
        attached = {
            action.get("TargetGroupArn")
            for listener in load_balancing._listeners.values()  # noqa: SLF001
            for action in listener["DefaultActions"]
            if balancer and listener["LoadBalancerArn"] != balancer
        }
        found: list[Any] = original(properties, balancer, *rest)
        for action in found:
            if (group := action.get("TargetGroupArn")) and group in attached:
                raise ValueError(
                    "The following target groups cannot be associated with more than one load "
                    f"balancer: {group} (Service: ElasticLoadBalancingV2, Status Code: 400)"
                )
        return found

    setattr(provisioners, "_elbv2_listener_actions", actions)  # noqa: B010 - private, and so untyped
