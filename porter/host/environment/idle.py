"""The slot that is not live, and how its unit is kept from starting at a boot (ADR 0016)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath

from porter.host.core import quoting
from porter.host.core.goal import Goal
from porter.host.core.layout import Layout
from porter.host.core.unit_file import Lines
from porter.spec import HostSpec, Slot, Workload


def idle_marker(layout: Layout, running: str) -> PurePath:
    """There if a boot found that the other slot serves: then `running` is not to start."""
    return layout.root / "run/porter/idle" / running


def idle_name(spec: HostSpec) -> str:
    """What the workload behind the proxy of `spec` is called in the slot that is not live."""
    web, proxy = spec.web, spec.proxy
    if not (web and proxy):
        return ""
    other: Slot = "a" if proxy.slot == "b" else "b"
    return replace(spec, proxy=replace(proxy, slot=other)).running_name(web)


def unless_idle(goal: Goal, workload: Workload) -> Lines:
    """What keeps the unit of `workload` from starting at a boot where the other slot is live.

    Both are enabled if the power went in the middle of a swap.
    """
    if workload is not goal.spec.web:
        return ()
    marker = idle_marker(goal.layout, goal.spec.running_name(workload))
    return (
        "# The other of its two slots may be the one that serves (ADR 0016).",
        f"ConditionPathExists=!{quoting.path(marker)}",
    )
