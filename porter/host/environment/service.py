"""The unit that writes the environments again after a boot, when `/run` is empty."""

from __future__ import annotations

from porter.host.core import quoting
from porter.host.core.goal import Goal
from porter.host.core.layout import ENVIRONMENT_UNIT
from porter.host.core.own_code import run_module
from porter.host.core.service import File, Service
from porter.host.core.unit_file import (
    NETWORK,
    NO_CAPABILITIES,
    NO_CODE_AT_RUN_TIME,
    NO_NETWORK,
    ONLINE,
    SANDBOX,
    Lines,
    unit_file,
    variable_lines,
)
from porter.host.secrets.files import held


def environment_service(goal: Goal) -> Service:
    """Return the unit that writes the environments again after a boot.

    The first apply starts it too, although it has written the environments itself: otherwise its
    first run would be after a reboot, when a fault in it takes the service down.
    """
    layout = goal.layout
    fetches = bool(held(goal.spec))
    variables = {"PYTHONPATH": str(layout.bundle(goal.deployment.bundle))}
    if fetches:
        variables |= goal.endpoints
    if not layout.is_machine:
        variables["PORTER_ROOT"] = str(layout.root)
    lines = (
        "Type=oneshot",
        "RemainAfterExit=yes",
        *variable_lines(variables),
        f"ExecStart={quoting.command_line(run_module(goal.python, 'porter.host.environment'))}",
        "RuntimeDirectory=porter",
        "RuntimeDirectoryPreserve=yes",
        *_may_redirect(goal),
        "Restart=on-failure",
        "RestartSec=1",
        *SANDBOX,
        *(NETWORK if fetches else NO_NETWORK),
        *NO_CAPABILITIES,
        *NO_CODE_AT_RUN_TIME,
    )
    order = ONLINE if fetches else ()
    unit = unit_file(f"Environments of {goal.spec.service}", order=order, service=lines)
    return Service(ENVIRONMENT_UNIT, File(layout.unit(ENVIRONMENT_UNIT), unit))


def _may_redirect(goal: Goal) -> Lines:
    """Return the right to write HAProxy's configuration, if there is a proxy."""
    folder = quoting.word(str(goal.layout.haproxy_cfg.parent))
    return (f"ReadWritePaths={folder}",) if goal.spec.proxy else ()
