"""Whether a host is beyond help, so that it should be replaced; no input or output (ADR 0040)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FAULT_SECONDS = 300.0
"""How long the service may be unhealthy through no fault of its own: systemd restarts HAProxy."""

WELL_SECONDS = 60.0
"""A host that was well for this time is not beyond help any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How a host is; times are monotonic seconds.

    `reason` says why it is beyond help, and is empty if it is not. `fault_since` is when the
    service became unhealthy through no fault of its own. `well_since` is when a host that was
    beyond help became well.
    """

    reason: str = ""
    fault_since: float | None = None
    well_since: float | None = None

    @property
    def ill(self) -> bool:
        """Whether it is beyond help, and not about to recover."""
        return bool(self.reason) and self.well_since is None


def judged(
    before: Condition, now: float, *, helpless: Mapping[str, str], not_its_fault: str
) -> Condition:
    """Return the condition after a check.

    `helpless` says by name why programs are unhealthy that restarts did not help. `not_its_fault`
    is the problem of a service that is unhealthy because of HAProxy, its certificate, or another
    program on its port.
    """
    since = before.fault_since
    if not not_its_fault:
        since = None
    elif since is None:
        since = now
    why = "; ".join(
        f"{name} stays unhealthy after its restarts: {problem}"
        for name, problem in helpless.items()
    )
    if not why and since is not None and now - since >= FAULT_SECONDS:
        why = f"the service is unhealthy for {now - since:.0f} s: {not_its_fault}"
    if why:
        return Condition(reason=before.reason or why, fault_since=since)
    if not before.reason:
        return Condition(fault_since=since)
    well_since = now if before.well_since is None else before.well_since
    if now - well_since >= WELL_SECONDS:
        return Condition(fault_since=since)
    return Condition(reason=before.reason, fault_since=since, well_since=well_since)
