"""The unit that restores the environments after a boot, when `/run` is empty."""

from __future__ import annotations

from porter.host.core import quoting
from porter.host.core.goal import Goal
from porter.host.core.layout import ENVIRONMENT_UNIT
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
)
from porter.host.secrets.files import held


def environment_service(goal: Goal) -> Service:
    """The unit that writes the environments again after a boot, when `/run` is empty.

    It runs at the first apply too, which writes them itself: a unit that first runs after a reboot
    is one that nobody has seen working.
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
        *(f"Environment={quoting.word(f'{k}={v}')}" for k, v in variables.items()),
        f"ExecStart={quoting.command_line([goal.python, '-m', 'porter.host.environment'])}",
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
    """The right to write HAProxy's configuration, where there is one."""
    folder = quoting.word(str(goal.layout.haproxy_cfg.parent))
    return (f"ReadWritePaths={folder}",) if goal.spec.proxy else ()
