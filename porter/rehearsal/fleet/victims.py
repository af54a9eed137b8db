"""Which instance Auto Scaling launches where, and which one it terminates at scale-in.

Amazon EC2 Auto Scaling User Guide, "Configure termination policies" and "Availability Zone
distribution".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol, TypeVar


class Placed(Protocol):
    """An instance in an availability zone."""

    @property
    def zone(self) -> str:
        """The name of the zone."""
        ...


T = TypeVar("T", bound=Placed)


def emptiest(zones: Sequence[str], there: Sequence[Placed]) -> str:
    """Return the zone with the fewest instances; of equal ones the first."""
    taken = Counter(one.zone for one in there)
    return min(zones, key=taken.__getitem__)


def victim(there: Sequence[T], policies: Sequence[str]) -> T:
    """Return the instance to terminate; `there` begins with the oldest.

    It is in the zone with the most instances, so that the zones stay balanced. Of those, the policy
    `NewestInstance` takes the newest. The default policy takes one with the oldest launch template,
    then the one closest to its next billing hour: here the oldest. Other policies are not played.
    """
    taken = Counter(one.zone for one in there)
    most = max(taken.values())
    fitting = [one for one in there if taken[one.zone] == most]
    return fitting[-1 if "NewestInstance" in policies[:1] else 0]
