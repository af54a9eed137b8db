"""A host in its target groups, and hosts that deregister and register themselves."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from porter.aws.clients import Clients
from porter.rehearsal.fleet.host import Host
from porter.rehearsal.fleet.load_balancer import LoadBalancer

DRAIN_SECONDS = 10.0
"""Seconds for a target that Auto Scaling removes to finish its requests; on AWS, its delay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A host in its target groups; its HAProxy listens on `port` of `address`."""

    instance_id: str
    address: str
    port: int
    aws: Clients
    target_group_arns: Sequence[str]


def target_of(host: Host, aws: Clients, target_group_arns: Sequence[str]) -> Target | None:
    """Return `host` as a target of the groups; None for a host without a service."""
    if not host.spec.proxy:
        return None
    return Target(
        instance_id=host.instance_id,
        address=host.machine.address,
        port=host.spec.proxy.port,
        aws=aws,
        target_group_arns=target_group_arns,
    )


class Out:
    """Targets that their hosts have deregistered, as the embedded AWS knows.

    Elastic Load Balancing, "Deregistration delay": such a target is `draining`, gets no new
    requests, and has its delay to finish those at hand; then it is `unused`. "Target health
    status": a target that is registered again is `initial` until it passes a check.
    """

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], float | None] = {}  # None: its time is over

    @property
    def instances(self) -> set[str]:
        """The ids of such hosts."""
        return {instance_id for _, instance_id in self._until}

    def forget(self, instance_id: str) -> None:
        """Forget a host that has left for good."""
        self._until = {key: at for key, at in self._until.items() if key[1] != instance_id}

    def look(self, aws: Clients, arn: str, balancer: LoadBalancer, targets: list[Target]) -> None:
        """Follow what hosts did to `targets` of the target group `arn`, which `balancer` serves."""
        if not targets:
            return
        elbv2 = aws["elbv2"]
        # A target group may be deleted with its stack.
        with suppress(elbv2.exceptions.TargetGroupNotFoundException):
            found = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
            registered = {one["Target"]["Id"] for one in found}  # the emulator lists no others
            for target in targets:
                self._follow(arn, target, balancer, registered=target.instance_id in registered)

    def _follow(
        self, arn: str, target: Target, balancer: LoadBalancer, *, registered: bool
    ) -> None:
        name, key = target.instance_id, (arn, target.instance_id)
        if registered and key in self._until:
            if self._until.pop(key) is not None:
                balancer.remove(name)  # else the check that it has passed before would count
            balancer.add(name, target.address, target.port)
        elif not registered and key not in self._until:
            balancer.drain(name)
            self._until[key] = time.monotonic() + _delay(target.aws, arn)
        elif not registered and self._finished(self._until[key], balancer, name):
            self._until[key] = None
            balancer.remove(name)

    @staticmethod
    def _finished(until: float | None, balancer: LoadBalancer, name: str) -> bool:
        """Whether a target that gets no new requests has just become `unused`."""
        return until is not None and (time.monotonic() > until or not balancer.busy(name))


def _delay(aws: Clients, arn: str) -> float:
    """Return the seconds that the target group `arn` gives the requests at hand."""
    found = aws["elbv2"].describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    attributes = {one["Key"]: one["Value"] for one in found}
    return float(attributes.get("deregistration_delay.timeout_seconds", 300))
