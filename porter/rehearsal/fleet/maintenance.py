"""Instance maintenance policies: how many instances a group has while it replaces some.

Amazon EC2 Auto Scaling User Guide, "Instance maintenance policy for Auto Scaling group".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

_WHOLE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A policy, in percent of the desired capacity.

    The documentation does not say how fractions are rounded, nor whether unhealthy instances count.
    Here `most` counts every instance that does not terminate. A part of an instance allows none,
    but one more than desired is always allowed if the policy allows any.
    """

    min_healthy: int
    max_healthy: int

    @classmethod
    def of(cls, policy: Mapping[str, Any]) -> Self | None:
        """Return a described `InstanceMaintenancePolicy`; None for none, or one that is cleared."""
        low = int(policy.get("MinHealthyPercentage", -1))
        high = int(policy.get("MaxHealthyPercentage", -1))
        return None if min(low, high) < 0 else cls(min_healthy=low, max_healthy=high)

    def most(self, desired: int) -> int:
        """Return how many instances may exist at once."""
        if self.max_healthy <= _WHOLE or not desired:
            return desired
        return desired + max(1, desired * (self.max_healthy - _WHOLE) // _WHOLE)

    def least(self, desired: int) -> int:
        """Return how many must be in service while others are replaced.

        A policy that allows neither more nor fewer replaces one at a time (API Reference,
        "RefreshPreferences").
        """
        low = -(-desired * self.min_healthy // _WHOLE)
        return low if self.most(desired) > desired else max(0, min(low, desired - 1))
