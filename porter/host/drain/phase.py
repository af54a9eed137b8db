"""Phase drain: units that drain this host when porterd asks for it, or in a shutdown (ADR 0037).

A host without a load balancer has only the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

from porter.host.core import quoting
from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.layout import PORTERD_UNIT, Layout
from porter.host.core.own_code import root_environment, run_module
from porter.host.core.path_unit import path_unit, plan_path
from porter.host.core.service import File, Service
from porter.host.core.steps import Steps
from porter.host.core.unit_file import (
    NETWORK,
    NO_CAPABILITIES,
    NO_CODE_AT_RUN_TIME,
    ONLINE,
    SANDBOX,
    Lines,
    unit_file,
    variable_lines,
)
from porter.host.core.view import View
from porter.host.drain.shutdown import STOP_SECONDS
from porter.spec import HAPROXY_UNIT, HostSpec, Slot, workload_unit

DRAIN_UNIT = "porterd-drain.service"
DRAIN_PATH_UNIT = "porterd-drain.path"
SHUTDOWN_UNIT = "porterd-shutdown.service"
RETURN_UNIT = "porterd-return.service"
RETURN_PATH_UNIT = "porterd-return.path"


def look(goal: Goal, view: View) -> Facts:
    """Read the units and the records of their last starts."""
    paths = drain_paths(goal)
    files = (file for path in paths for file in path.files(goal.layout))
    return look_at(view, files, (path.name for path in paths))


def plan(goal: Goal, facts: Facts) -> Steps:
    """Write the units and start those that watch; a drain that runs is not interrupted."""
    return tuple(step for path in drain_paths(goal) for step in plan_path(path, goal, facts))


def drain_paths(goal: Goal) -> tuple[Service, ...]:
    """Return the unit that starts the drain when porterd writes its file, and the one to return.

    The unit that acts in a shutdown is started beside the first, by systemd: it waits until the
    boot is complete, which an apply in the boot could not.
    """
    layout, balanced = goal.layout, bool(goal.deployment.target_groups)
    drain = path_unit(
        goal,
        DRAIN_PATH_UNIT,
        description=f"When to drain this host of {goal.spec.service}",
        file=layout.drain,
        starts=_drain_service(goal),
        beside=(_shutdown_service(goal),) if balanced else (),
    )
    if not balanced:
        return (drain,)
    back = path_unit(
        goal,
        RETURN_PATH_UNIT,
        description=f"When this host of {goal.spec.service} left its load balancers in a shutdown",
        file=layout.left_to_shut_down,
        starts=_return_service(goal),
    )
    return drain, back


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
        *_steps_and_sandbox(goal),
    )
    content = unit_file(
        f"The drain of this host of {goal.spec.service}", order=ONLINE, service=lines, at_boot=False
    )
    return File(layout.unit(DRAIN_UNIT), content)


def _shutdown_service(goal: Goal) -> File:
    layout = goal.layout
    command = run_module(goal.python, "porter.host.drain.shutdown")
    lines = (
        "# Active from boot on, without a process: what counts is its end.",
        "Type=oneshot",
        "RemainAfterExit=yes",
        "ExecStart=true",
        *variable_lines(root_environment(goal)),
        "# In a shutdown only: it asks systemd.",
        f"ExecStop={quoting.command_line(command)}",
        f"TimeoutStopSec={STOP_SECONDS}",
        f"StateDirectory={_state_directory(layout)}",
        *_steps_and_sandbox(goal),
    )
    later = " ".join(dict.fromkeys(_stopped_later(goal.spec)))
    order = (
        *ONLINE,
        "# Stopped before all these, in a shutdown: what starts last is stopped first.",
        f"After=multi-user.target nss-lookup.target {later}",
    )
    what = f"The load balancers of this host of {goal.spec.service}, in a shutdown"
    content = unit_file(what, order=order, service=lines, at_boot=False)
    return File(layout.unit(SHUTDOWN_UNIT), content)


def _stopped_later(spec: HostSpec) -> Iterator[str]:
    """Yield porter's units, those of both slots: systemd learns of `[Install]` late.

    Not those of jobs: a job that runs in the boot would hold the unit back, which starts after it.
    """
    yield from (HAPROXY_UNIT, PORTERD_UNIT)
    slots: tuple[Slot, ...] = get_args(Slot)
    for slot in slots:
        there = replace(spec, proxy=replace(spec.proxy, slot=slot)) if spec.proxy else spec
        yield from (workload_unit(there.running_name(one)) for one in spec.workloads)


def _return_service(goal: Goal) -> File:
    command = run_module(goal.python, "porter.host.drain.returning")
    lines = (
        "Type=oneshot",
        *variable_lines(root_environment(goal)),
        f"ExecStart={quoting.command_line(command)}",
        "# As long as the host is not healthy.",
        "TimeoutStartSec=infinity",
        "Restart=on-failure",
        "RestartSec=5",
        f"StateDirectory={_state_directory(goal.layout)}",
        *_steps_and_sandbox(goal),
    )
    what = f"The return of this host of {goal.spec.service} to its load balancers"
    content = unit_file(what, order=ONLINE, service=lines, at_boot=False)
    return File(goal.layout.unit(RETURN_UNIT), content)


def _state_directory(layout: Layout) -> str:
    return str(layout.left_to_shut_down.parent.relative_to(layout.root / "var/lib"))


def _steps_and_sandbox(goal: Goal) -> Lines:
    return (
        "# Its steps, for porterd.",
        f"RuntimeDirectory={goal.layout.drain_steps.parent.name}",
        "RuntimeDirectoryPreserve=yes",
        *SANDBOX,
        *NETWORK,
        *NO_CAPABILITIES,
        *NO_CODE_AT_RUN_TIME,
    )
