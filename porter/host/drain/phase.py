"""Phase drain: the unit that drains this host once porterd asks for it (ADR 0037)."""

from __future__ import annotations

from porter.host.core import quoting
from porter.host.core.facts import Facts
from porter.host.core.goal import Goal
from porter.host.core.own_code import root_environment, run_module
from porter.host.core.path_unit import look_at_path, path_unit, plan_path
from porter.host.core.service import File, Service
from porter.host.core.steps import Steps
from porter.host.core.unit_file import (
    NETWORK,
    NO_CAPABILITIES,
    NO_CODE_AT_RUN_TIME,
    ONLINE,
    SANDBOX,
    unit_file,
    variable_lines,
)
from porter.host.core.view import View

DRAIN_UNIT = "porterd-drain.service"
DRAIN_PATH_UNIT = "porterd-drain.path"


def look(goal: Goal, view: View) -> Facts:
    """Read both units and the record of their last start."""
    return look_at_path(drain_path(goal), goal, view)


def plan(goal: Goal, facts: Facts) -> Steps:
    """Write the units and start the one that watches; a drain that runs is not interrupted."""
    return plan_path(drain_path(goal), goal, facts)


def drain_path(goal: Goal) -> Service:
    """Return the unit that starts the drain when porterd writes its file."""
    return path_unit(
        goal,
        DRAIN_PATH_UNIT,
        description=f"When to drain this host of {goal.spec.service}",
        file=goal.layout.drain,
        starts=_drain_service(goal),
    )


def _drain_service(goal: Goal) -> File:
    layout = goal.layout
    lines = (
        "Type=oneshot",
        "# Else systemd would start it again at its end: porterd's file is still there.",
        "RemainAfterExit=yes",
        *variable_lines(root_environment(goal)),
        f"ExecStart={quoting.command_line(run_module(goal.python, 'porter.host.drain'))}",
        "TimeoutStartSec=infinity",
        "Restart=on-failure",
        "RestartSec=1",
        "# Its steps, for porterd.",
        f"RuntimeDirectory={layout.drain_steps.parent.name}",
        "RuntimeDirectoryPreserve=yes",
        *SANDBOX,
        *NETWORK,
        *NO_CAPABILITIES,
        *NO_CODE_AT_RUN_TIME,
    )
    content = unit_file(
        f"The drain of this host of {goal.spec.service}", order=ONLINE, service=lines, at_boot=False
    )
    return File(layout.unit(DRAIN_UNIT), content)
