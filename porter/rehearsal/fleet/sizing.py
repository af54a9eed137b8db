"""How an Auto Scaling group gets to its size: which instances leave, and how many are launched.

Amazon EC2 Auto Scaling User Guide, "Capacity Rebalancing in Auto Scaling to replace at-risk Spot
Instances", "Setup overview for creating a mixed instances group", and "Instance maintenance policy
for Auto Scaling group".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from porter.rehearsal.fleet.auto_scaling import AutoScalingGroup
from porter.rehearsal.fleet.purchases import Bought
from porter.rehearsal.fleet.victims import Placed, victim


class Instance(Bought, Placed, Protocol):
    """An instance of the group."""

    @property
    def at_risk(self) -> bool:
        """Whether EC2 has recommended to replace this Spot Instance."""
        ...

    @property
    def unhealthy(self) -> bool:
        """Whether a health check says so of this instance, which is in service."""
        ...


T = TypeVar("T", bound=Instance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[T]):
    """What a group does next: `leaving` are terminated; `there` are those that it relies on.

    `unhealthy` leave because they are. `replacements` of the `launches` are in place of such.
    """

    there: list[T]
    leaving: list[T]
    launches: int
    unhealthy: list[T] = field(default_factory=list)
    replacements: int = 0


def next_step(group: AutoScalingGroup, here: Sequence[T], healthy: Callable[[T], bool]) -> Step[T]:
    """Return the next step of `group` with the instances that are `here`, the oldest first.

    `healthy` is whether an instance is in service and gets requests. With an instance maintenance
    policy, a new instance is launched for each unhealthy one, and for each one at risk with
    Capacity Rebalancing, up to the policy's maximum. When the new one is `healthy`, the old one is
    terminated. Without a policy, unhealthy instances are terminated at once.
    """
    desired, policy = group.desired_capacity, group.maintenance
    sick = [one for one in here if one.unhealthy]
    risky = [one for one in here if group.rebalances and one.at_risk and one not in sick]
    serving = [one for one in here if one not in sick and healthy(one)]
    if policy:
        wanted = min(desired + len(sick) + len(risky), policy.most(desired))
        left, unhealthy = list(here), []
    else:
        wanted = desired + _replacements(len(risky), desired, group.max_size)
        left, unhealthy = [one for one in here if one not in sick], list(sick)
    leaving: list[T] = []
    while len(left) > wanted:
        leaving.append(_surplus(group, left, [one for one in left if one in serving]))
        left.remove(leaving[-1])
    old = [one for one in (*sick, *risky) if one in left]
    there = [one for one in left if one not in old]
    least = policy.least(desired) if policy else desired
    spare = len([one for one in there if one in serving]) + len(old) - least
    replaced = old[: max(0, spare)]
    unhealthy += [one for one in replaced if one in sick]
    leaving += [one for one in replaced if one in risky]
    launches = max(0, wanted - len(left))
    return Step(
        there=there,
        leaving=leaving,
        launches=launches,
        unhealthy=unhealthy,
        replacements=min(launches, len(sick)),
    )


def _surplus(group: AutoScalingGroup, left: Sequence[T], serving: Sequence[T]) -> T:
    """Return the instance that a group with too many terminates.

    While no more are `serving` than desired, it is one of the others, those that are not in service
    yet first: a replacement whose unhealthy instance has recovered meanwhile, for instance. AWS
    does not say which it takes.
    """
    pool = group.purchases.surplus(left)
    if len(serving) <= group.desired_capacity:
        others = [one for one in left if one not in serving]
        idle = [one for one in others if not one.unhealthy] or others
        pool = [one for one in pool if one in idle] or idle or pool
    return victim(pool, group.termination_policies)


def _replacements(at_risk: int, desired: int, largest: int) -> int:
    """Return how many instances beyond `desired` replace others: a tenth beyond the maximum, or 1.

    The documentation does not say how a tenth of a small group is rounded.
    """
    return max(0, min(at_risk, largest - desired + max(1, desired // 10)))
