"""Phase porterd: the daemon that watches the service and reports to CloudFormation."""

from __future__ import annotations

from dataclasses import dataclass

from porter.host.core import quoting
from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.layout import ENVIRONMENT_UNIT, PORTERD_UNIT
from porter.host.core.listeners import LOOPBACK, Listener, kept, strangers
from porter.host.core.own_code import own_environment, run_module
from porter.host.core.porterd_user import USER, plan_user, users
from porter.host.core.record import spec_file
from porter.host.core.service import File, Service, plan_files, plan_unit
from porter.host.core.socket_unit import plan_socket, requires_socket, socket_name, socket_unit
from porter.host.core.steps import Steps
from porter.host.core.unit_file import (
    ALWAYS_UP,
    NO_CODE_AT_RUN_TIME,
    ONLINE,
    OWN_USER,
    SANDBOX,
    unit_file,
    variable_lines,
)
from porter.host.core.view import View
from porter.host.haproxy.runtime import STATISTICS, folder
from porter.host.secrets.files import held_file
from porter.spec import (
    CONTAINERS_HOST,
    HAPROXY_UNIT,
    OUTCOMES_VARIABLE,
    STATISTICS_VARIABLE,
    dumps,
)

_ADDRESSES = (LOOPBACK, CONTAINERS_HOST)


@dataclass(frozen=True, slots=True)
class PorterdFacts:
    """porterd's files and units, and who has its port."""

    common: Facts
    strangers: tuple[Listener, ...] = ()


def look(goal: Goal, view: View) -> PorterdFacts:
    """Read porterd's units, the records of their last starts, and the system's users."""
    units = (porterd_service(goal), porterd_socket(goal))
    files = (path for unit in units for path in unit.files(goal.layout))
    common = look_at(view, (*files, users(goal)), (unit.name for unit in units))
    ours = (PORTERD_UNIT, *kept(common.units.get(socket_name(PORTERD_UNIT))))
    found = strangers(view, [goal.spec.porterd.port], at=_ADDRESSES, allowed=ours)
    return PorterdFacts(common, tuple(found))


def plan(goal: Goal, known: PorterdFacts) -> Steps:
    """Write and start the units; a changed spec or deployment restarts porterd.

    Raises `PorterError` if another program listens on porterd's port.
    """
    for one in known.strangers:
        raise one.refusal("porterd/port", fixed=True)
    service = porterd_service(goal)
    socket, facts = plan_socket(goal, porterd_socket(goal), PORTERD_UNIT, known.common)
    return (
        *(() if goal.spec.proxy else plan_user(goal, facts)),
        *plan_files((service.unit,), facts),
        *socket,
        *plan_unit(service, facts, goal.layout),
    )


def porterd_socket(goal: Goal) -> Service:
    """Return the unit that keeps porterd's ports; the second exists only beside containers."""
    addresses = (f"{host}:{goal.spec.porterd.port}" for host in _ADDRESSES)
    return socket_unit(goal, PORTERD_UNIT, addresses, more=("FreeBind=yes",))


def porterd_service(goal: Goal) -> Service:
    """Return porterd's unit, and the files that it gets as credentials."""
    layout = goal.layout
    known = held_file(goal)
    secrets = (known,) if known else ()
    environment = own_environment(goal)
    if goal.spec.jobs:
        environment[OUTCOMES_VARIABLE] = str(layout.job_outcomes)
    if goal.spec.proxy:
        environment[STATISTICS_VARIABLE] = str(folder(layout) / STATISTICS)
    lines = (
        "Type=notify",
        "# gunicorn's worker, a child, feeds the watchdog, and says until when with each beat.",
        "NotifyAccess=all",
        "WatchdogSec=2min",
        "# Not SIGABRT: a core dump would hold credentials.",
        "WatchdogSignal=SIGTERM",
        *variable_lines(environment),
        f"ExecStart={quoting.command_line(run_module(goal.python, 'porter.daemon'))}",
        "# Only root may read these files; systemd hands porterd copies.",
        f"LoadCredential=host.json:{quoting.path(layout.host)}",
        f"LoadCredential=deployment.json:{quoting.path(layout.deployment)}",
        *_credentials_key(goal),
        *(f"LoadCredential=secrets.json:{quoting.path(file.path)}" for file in secrets),
        "# When a workload fails, porterd quotes its last lines.",
        f"SupplementaryGroups={goal.system.journal_group}",
        "StateDirectory=porterd",
        "RuntimeDirectory=porterd",
        "# The lock in it must outlive a restart.",
        "RuntimeDirectoryPreserve=yes",
        "TimeoutStopSec=15",
        *ALWAYS_UP,
        *OWN_USER,
        f"User={USER}",
        *SANDBOX,
        "# Netlink names the user at the other end of a connection. In a user namespace",
        "# (PrivateUsers=) all other users would look alike.",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX",
        "CapabilityBoundingSet=",
        *NO_CODE_AT_RUN_TIME,
    )
    order = (
        *ONLINE,
        *requires_socket(goal, PORTERD_UNIT),
        f"After={HAPROXY_UNIT} {ENVIRONMENT_UNIT}",
    )
    unit = unit_file(f"porterd of {goal.spec.service}", order=order, service=lines)
    return Service(
        PORTERD_UNIT,
        File(layout.unit(PORTERD_UNIT), unit),
        (spec_file(goal), File(layout.deployment, dumps(goal.deployment).encode()), *secrets),
    )


def _credentials_key(goal: Goal) -> tuple[str, ...]:
    """Return the line that gives porterd the tokens' key, if it hands out credentials."""
    if not goal.spec.hands_out_credentials:
        return ()
    return (f"LoadCredential=credentials.key:{quoting.path(goal.layout.credentials_key)}",)
