"""Refuse a second listener on a port, and a second rule with a priority, as AWS does.

Elastic Load Balancing API Reference: "CreateListener" and "ModifyListener" (DuplicateListener),
"CreateRule" (PriorityInUse).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

Properties = Mapping[str, Any]
Check = Callable[[Properties, str], None]
_FAILED = "(Service: ElasticLoadBalancingV2, Status Code: 400)"


def use_once(provisioners: ModuleType, load_balancing: ModuleType) -> None:
    """Check listeners and rules of stacks before they are created or updated."""

    def listener(properties: Properties, itself: str) -> None:
        balancer, port = properties.get("LoadBalancerArn"), int(properties.get("Port", 80))
        for arn, other in load_balancing._listeners.items():  # noqa: SLF001
            if arn != itself and (other["LoadBalancerArn"], other["Port"]) == (balancer, port):
                raise ValueError(
                    "A listener already exists on this port for this load balancer "
                    f"'{balancer}' {_FAILED}"
                )

    def rule(properties: Properties, itself: str) -> None:
        wanted = properties.get("ListenerArn"), str(properties.get("Priority", 1))
        for arn, other in load_balancing._rules.items():  # noqa: SLF001
            if arn != itself and (other["ListenerArn"], other["Priority"]) == wanted:
                raise ValueError(f"Priority '{wanted[1]}' is currently in use {_FAILED}")

    handlers = provisioners._RESOURCE_HANDLERS  # noqa: SLF001
    for kind, check in (("Listener", listener), ("ListenerRule", rule)):
        _check_first(handlers[f"AWS::ElasticLoadBalancingV2::{kind}"], check)


def _check_first(handler: dict[str, Any], check: Check) -> None:
    create, update = handler["create"], handler["update"]

    def checked_create(logical_id: str, properties: Properties, stack: str) -> object:
        check(properties, "")
        return create(logical_id, properties, stack)

    def checked_update(
        physical_id: str, old: Properties, new: Properties, *more: object, **named: object
    ) -> object:
        # One that moves to another load balancer or listener is made before its end there.
        check(new, physical_id)
        return update(physical_id, old, new, *more, **named)

    handler.update(create=checked_create, update=checked_update)
