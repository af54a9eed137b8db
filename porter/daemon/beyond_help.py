"""Whether a host is beyond help, so that it should be replaced; no input or output (ADR 0040)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OTHERS_SECONDS = 300.0
"""So long the service may be unhealthy through the fault of HAProxy, which systemd restarts."""

WELL_SECONDS = 60.0
"""A host that was well for so long is not beyond help any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How a host is; times are monotonic seconds.

    `reason` says why it is beyond help, and is empty if it is not. `others_since` is when the
    service became unhealthy through no fault of its own. `well_since` is when a host that was
    beyond help became well.
    """

    reason: str = ""
    others_since: float | None = None
    well_since: float | None = None


def judged(before: Condition, now: float, *, given_up: Mapping[str, str], others: str) -> Condition:
    """Return the condition after a check.

    `given_up` says by name why programs are unhealthy that restarts did not help. `others` is why
    the service is, if others are at fault.
    """
    others_since = before.others_since
    if not others:
        others_since = None
    elif others_since is None:
        others_since = now
    why = "; ".join(
        f"{name} stays unhealthy after its restarts: {problem}"
        for name, problem in given_up.items()
    )
    if not why and others_since is not None and now - others_since >= OTHERS_SECONDS:
        why = f"the service is unhealthy for {now - others_since:.0f} s: {others}"
    if why:
        return Condition(reason=before.reason or why, others_since=others_since)
    if not before.reason:
        return Condition(others_since=others_since)
    well_since = now if before.well_since is None else before.well_since
    if now - well_since >= WELL_SECONDS:
        return Condition(others_since=others_since)
    return Condition(reason=before.reason, others_since=others_since, well_since=well_since)
