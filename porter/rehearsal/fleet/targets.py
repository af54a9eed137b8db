"""Register hosts with target groups, and run a load balancer for each target group."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import permutations
from pathlib import Path
from typing import Any

from porter.aws.clients import Clients
from porter.rehearsal.cloud.emulator.target_health import Health
from porter.rehearsal.fleet.front import Fronts
from porter.rehearsal.fleet.load_balancer import LoadBalancer
from porter.rehearsal.fleet.target import DRAIN_SECONDS, Out, Target


class Targets:
    """All targets and their load balancers; `choose_port` returns a port for a load balancer.

    `namespace` is the targets' network namespace, as in `LoadBalancer`. `tell` gets the health of
    all targets whenever it has changed.
    """

    def __init__(
        self,
        folder: Path,
        choose_port: Callable[[], int],
        namespace: str | None = None,
        tell: Callable[[Health], object] = lambda _health: None,
    ) -> None:
        self._folder = folder
        self._choose_port = choose_port
        self._namespace = namespace
        self._tell = tell
        self._health: Health = {}
        self._aws: dict[str, Clients] = {}
        self._balancers: dict[str, LoadBalancer] = {}
        self._registered: dict[str, Target] = {}
        self._leaving: dict[str, float] = {}
        self._out = Out()
        self.fronts = Fronts(folder)

    @property
    def urls(self) -> list[str]:
        """The URL of each load balancer."""
        return list(dict.fromkeys(balancer.url for balancer in self._balancers.values()))

    def urls_of(self, instance_id: str) -> list[str]:
        """Return the URL of each load balancer of which the instance is a target."""
        target = self._registered.get(instance_id)
        arns = target.target_group_arns if target else ()
        return list(dict.fromkeys(self._balancers[arn].url for arn in arns))

    def prepare(self, target: Target) -> None:
        """Start the load balancers of `target`, which gets no requests yet.

        Raises `PorterError` if HAProxy fails.
        """
        for arn in target.target_group_arns:
            self._balancer(target.aws, arn)

    def register(self, target: Target) -> None:
        """Register `target` with its target groups. Raises `PorterError` if HAProxy fails."""
        self._registered[target.instance_id] = target
        for arn in target.target_group_arns:
            target.aws["elbv2"].register_targets(
                TargetGroupArn=arn, Targets=[{"Id": target.instance_id}]
            )
            balancer = self._balancer(target.aws, arn)
            balancer.add(target.instance_id, target.address, target.port)

    def look(self) -> None:
        """Follow the listeners, and send requests to targets that became healthy."""
        for old, new in self._switches():
            self._move(old, new)
        for arn, aws in self._aws.items():
            here = [one for one in self._registered.values() if arn in one.target_group_arns]
            staying = [one for one in here if one.instance_id not in self._leaving]
            self._out.look(aws, arn, self._balancers[arn], staying)
        leaving = set(self._leaving) | self._out.instances
        states = {one: one.look(leaving) for one in set(self._balancers.values())}
        health = {arn: states[balancer] for arn, balancer in self._balancers.items()}
        if health != self._health:
            self._health = health
            self._tell(health)
        ports = {arn: balancer.port for arn, balancer in self._balancers.items()}
        self.fronts.look(list(set(self._aws.values())), ports, self._choose_port)

    def ready(self) -> bool:
        """Whether every target that is not leaving gets requests."""
        return all(
            self.healthy(target)
            for target in self._registered
            if target not in self._leaving and target not in self._out.instances
        )

    def healthy(self, instance_id: str) -> bool:
        """Whether the instance gets requests from each load balancer of which it is a target."""
        target = self._registered.get(instance_id)
        arns = target.target_group_arns if target else ()
        return all(instance_id in self._balancers[arn].healthy() for arn in arns)

    def drain(self, instance_id: str) -> None:
        """Send the instance no new requests."""
        target = self._registered.get(instance_id)
        if target is None:
            return
        self._leaving[instance_id] = time.monotonic() + DRAIN_SECONDS
        for arn in target.target_group_arns:
            self._balancers[arn].drain(instance_id)

    def drained(self, instance_id: str) -> bool:
        """Whether the instance answers no more requests, or its time for them is over."""
        target = self._registered.get(instance_id)
        if target is None or time.monotonic() > self._leaving[instance_id]:
            return True
        return not any(self._balancers[arn].busy(instance_id) for arn in target.target_group_arns)

    def deregister(self, instance_id: str) -> None:
        """Remove the instance from its target groups; some may be deleted with their stack."""
        target = self._registered.pop(instance_id, None)
        self._leaving.pop(instance_id, None)
        self._out.forget(instance_id)
        if target is None:
            return
        for arn in target.target_group_arns:
            elbv2 = target.aws["elbv2"]
            self._balancers[arn].remove(instance_id)
            try:
                elbv2.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": instance_id}])
            except elbv2.exceptions.TargetGroupNotFoundException:
                continue

    def stop(self) -> None:
        """Stop the load balancers."""
        with ExitStack() as stack:
            stack.callback(self.fronts.stop)
            for balancer in set(self._balancers.values()):
                stack.callback(balancer.stop)

    def _switches(self) -> list[tuple[str, str]]:
        """Return target groups `(old, new)` whose load balancer forwards to `new` by now.

        This runs with every look, so it asks once for all target groups of an environment.
        """
        found = []
        for aws in set(self._aws.values()):
            arns = [arn for arn, its in self._aws.items() if its is aws]
            if len(arns) < 2:  # noqa: PLR2004 - a switch takes two
                continue
            elbv2 = aws["elbv2"]
            groups = elbv2.describe_target_groups()["TargetGroups"]
            before = {group["TargetGroupArn"]: set(group["LoadBalancerArns"]) for group in groups}
            for old, new in permutations(arns, 2):
                if self._balancers[old] is self._balancers[new]:
                    continue
                # The emulator keeps the load balancer of a group that no listener names any more.
                shared = before.get(old, set()) & before.get(new, set())
                if shared and _forwards(elbv2, shared, old, new):
                    found.append((old, new))
        return found

    def _move(self, old: str, new: str) -> None:
        """Let the load balancer of the target group `old` serve the targets of `new`.

        As in AWS, the targets of `old` get no more requests, and those of `new` none before they
        pass a check: to replace a target group is an outage until then.
        """
        self._balancers[new].stop()
        self._balancers[new] = self._balancers[old]
        self._balancers[old].forward_to(self._described(new))
        for instance_id, target in self._registered.items():
            if old in target.target_group_arns:
                self._balancers[old].remove(instance_id)
            if new in target.target_group_arns:
                self._balancers[new].add(instance_id, target.address, target.port)

    def _described(self, arn: str) -> dict[str, Any]:
        found = self._aws[arn]["elbv2"].describe_target_groups(TargetGroupArns=[arn])
        [group] = found["TargetGroups"]
        return dict(group)

    def _balancer(self, aws: Clients, arn: str) -> LoadBalancer:
        if arn not in self._balancers:
            self._aws[arn] = aws
            folder = self._folder / f"lb{len(self._balancers)}"
            self._balancers[arn] = LoadBalancer(
                folder, self._described(arn), self._choose_port(), self._namespace
            )
            self._balancers[arn].start()
        return self._balancers[arn]


def _forwards(elbv2: Any, balancers: set[str], old: str, new: str) -> bool:  # noqa: ANN401 - boto3
    """Whether the listeners of `balancers` forward to the target group `new`, and not to `old`."""
    forwarded = {
        action.get("TargetGroupArn")
        for arn in balancers
        for listener in elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]
        for action in listener["DefaultActions"]
    }
    return new in forwarded and old not in forwarded
