"""The slot that does not serve, and how its unit is kept from starting at boot (ADR 0016)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath

from porter.host.core import quoting
from porter.host.core.goal import Goal
from porter.host.core.layout import Layout
from porter.host.core.unit_file import Lines
from porter.spec import HostSpec, Slot, Workload


def idle_marker(layout: Layout, running: str) -> PurePath:
    """The file that a boot writes if the other slot serves: then `running` must not start."""
    return layout.root / "run/porter/idle" / running


def idle_name(spec: HostSpec) -> str:
    """Return the running name of the workload behind the proxy, in the slot that does not serve."""
    web, proxy = spec.web, spec.proxy
    if not (web and proxy):
        return ""
    other: Slot = "a" if proxy.slot == "b" else "b"
    return replace(spec, proxy=replace(proxy, slot=other)).running_name(web)


def unless_idle(goal: Goal, workload: Workload) -> Lines:
    """Return the lines that keep the unit of `workload` from starting while the other slot serves.

    If the power fails during a swap, the units of both slots are enabled.
    """
    if workload is not goal.spec.web:
        return ()
    marker = idle_marker(goal.layout, goal.spec.running_name(workload))
    return (
        "# The other of its two slots may be the one that serves (ADR 0016).",
        f"ConditionPathExists=!{quoting.path(marker)}",
    )
