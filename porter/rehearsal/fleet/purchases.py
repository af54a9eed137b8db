"""Which instances a mixed instances policy buys: their types, and On-Demand or Spot.

Amazon EC2 Auto Scaling User Guide, "Setup overview for creating a mixed instances group".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

from porter.rehearsal.machines.api import ON_DEMAND, SPOT


class Bought(Protocol):
    """An instance with its purchase option, `ON_DEMAND` or `SPOT`."""

    @property
    def life_cycle(self) -> str:
        """As instance metadata has it."""
        ...


T = TypeVar("T", bound=Bought)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchases:
    """The policy of a group; the defaults are those of a group without one.

    `types` override the type of the launch template. `percentage` is that of On-Demand Instances
    above the `base`. Weights and requirements of instances are not played.
    """

    types: tuple[str, ...] = ()
    base: int = 0
    percentage: int = 100

    @classmethod
    def of(cls, policy: Mapping[str, Any]) -> Self:
        """Return what a described `MixedInstancesPolicy` buys; empty for none."""
        distribution = policy.get("InstancesDistribution", {})
        overrides = policy.get("LaunchTemplate", {}).get("Overrides", ())
        return cls(
            types=tuple(one["InstanceType"] for one in overrides if "InstanceType" in one),
            base=distribution.get("OnDemandBaseCapacity", 0),
            percentage=distribution.get("OnDemandPercentageAboveBaseCapacity", 100),
        )

    def on_demand(self, size: int) -> int:
        """Return how many of `size` instances are On-Demand: a fraction counts as one more."""
        base = min(self.base, size)
        return base + -(-(size - base) * self.percentage // 100)

    def next(self, there: Sequence[Bought]) -> tuple[str, str]:
        """Return purchase option and type of the instance to launch beside those that are `there`.

        The type is empty without overrides. On-Demand Instances have the first type ("prioritized",
        the default). AWS chooses the Spot type by price and capacity; here the types take turns.
        """
        bought = [one for one in there if one.life_cycle == ON_DEMAND]
        if len(bought) < self.on_demand(len(there) + 1):
            return ON_DEMAND, next(iter(self.types), "")
        turn = len(there) - len(bought)
        return SPOT, self.types[turn % len(self.types)] if self.types else ""

    def surplus(self, there: Sequence[T]) -> Sequence[T]:
        """Return the instances of the purchase option that a scale-in by one terminates."""
        bought = [one for one in there if one.life_cycle == ON_DEMAND]
        too_many = len(bought) > self.on_demand(len(there) - 1)
        return bought if too_many else [one for one in there if one.life_cycle == SPOT] or there
