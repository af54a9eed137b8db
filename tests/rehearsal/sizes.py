"""Instances and groups for tests of how a group gets to its size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from porter.rehearsal.fleet.auto_scaling import AutoScalingGroup
from porter.rehearsal.fleet.purchases import Purchases
from porter.rehearsal.machines.api import SPOT


@dataclass(frozen=True)
class One:
    """An instance."""

    name: str
    life_cycle: str = SPOT
    zone: str = "a"
    at_risk: bool = False
    unhealthy: bool = False


def group(desired: int, purchases: Purchases | None = None, **more: Any) -> AutoScalingGroup:
    """Return a group of at most 10 Spot Instances, unless `more` says otherwise."""
    return AutoScalingGroup(
        name="Group",
        desired_capacity=desired,
        target_group_arns=(),
        subnets=(),
        zones=("a",),
        tags={},
        launch_template={},
        purchases=purchases or Purchases(base=0, percentage=0),
        **{"max_size": 10, **more},
    )


def names(found: Sequence[One]) -> str:
    """Return the names in one word."""
    return "".join(one.name for one in found)
