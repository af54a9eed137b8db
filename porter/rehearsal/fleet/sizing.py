"""How an Auto Scaling group gets to its size: which instances leave, and how many are launched.

Amazon EC2 Auto Scaling User Guide, "Capacity Rebalancing in Auto Scaling to replace at-risk Spot
Instances" and "Setup overview for creating a mixed instances group".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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


T = TypeVar("T", bound=Instance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[T]):
    """What a group does next: `leaving` are terminated; `there` are those that it relies on."""

    there: list[T]
    leaving: list[T]
    launches: int


def next_step(group: AutoScalingGroup, here: Sequence[T], healthy: Callable[[T], bool]) -> Step[T]:
    """Return the next step of `group` with the instances that are `here`, the oldest first.

    With Capacity Rebalancing, a new instance is launched for each one at risk. When the new one is
    `healthy`, the one at risk is terminated.
    """
    desired = group.desired_capacity
    risky = [one for one in here if group.rebalances and one.at_risk]
    wanted = desired + _replacements(len(risky), desired, group.max_size)
    left, leaving = list(here), []
    while len(left) > wanted:
        leaving.append(victim(group.purchases.surplus(left), group.termination_policies))
        left.remove(leaving[-1])
    risky = [one for one in risky if one in left]
    there = [one for one in left if one not in risky]
    spare = len([one for one in there if healthy(one)]) + len(risky) - desired
    leaving += risky[: max(0, spare)]
    return Step(there=there, leaving=leaving, launches=max(0, wanted - len(left)))


def _replacements(at_risk: int, desired: int, largest: int) -> int:
    """Return how many instances beyond `desired` replace others: a tenth beyond the maximum, or 1.

    The documentation does not say how a tenth of a small group is rounded.
    """
    return max(0, min(at_risk, largest - desired + max(1, desired // 10)))
