"""Phase restart: the unit that restarts programs once porterd asks for it (ADR 0040)."""

from __future__ import annotations

from porter.host.core import quoting
from porter.host.core.facts import Facts
from porter.host.core.goal import Goal
from porter.host.core.own_code import root_environment, run_module
from porter.host.core.path_unit import look_at_path, path_unit, plan_path
from porter.host.core.service import File, Service
from porter.host.core.steps import Steps
from porter.host.core.unit_file import (
    NO_CAPABILITIES,
    NO_CODE_AT_RUN_TIME,
    NO_NETWORK,
    SANDBOX,
    unit_file,
    variable_lines,
)
from porter.host.core.view import View

RESTART_UNIT = "porterd-restart.service"
RESTART_PATH_UNIT = "porterd-restart.path"


def look(goal: Goal, view: View) -> Facts:
    """Read both units and the record of their last start."""
    return look_at_path(restart_path(goal), goal, view)


def plan(goal: Goal, facts: Facts) -> Steps:
    """Write the units and start the one that watches; a restart at hand is not interrupted."""
    return plan_path(restart_path(goal), goal, facts)


def restart_path(goal: Goal) -> Service:
    """Return the unit that starts the restarts when porterd writes its file."""
    return path_unit(
        goal,
        RESTART_PATH_UNIT,
        description=f"When a program of {goal.spec.service} is to be restarted",
        file=goal.layout.restart,
        starts=_restart_service(goal),
    )


def _restart_service(goal: Goal) -> File:
    lines = (
        "# It ends when porterd has removed its file; until then systemd starts no second one.",
        "Type=oneshot",
        *variable_lines(root_environment(goal)),
        f"ExecStart={quoting.command_line(run_module(goal.python, 'porter.host.restart'))}",
        "TimeoutStartSec=infinity",
        "Restart=on-failure",
        "RestartSec=5",
        "MemoryMax=128M",
        *SANDBOX,
        *NO_NETWORK,
        *NO_CAPABILITIES,
        *NO_CODE_AT_RUN_TIME,
    )
    content = unit_file(
        f"Restarts of unhealthy programs of {goal.spec.service}",
        order=(),
        service=lines,
        at_boot=False,
    )
    return File(goal.layout.unit(RESTART_UNIT), content)
