"""Phase porterd: the daemon that watches the service and reports to CloudFormation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath

from porter.host.core import quoting
from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.layout import ENVIRONMENT_UNIT, PORTERD_SOCKET, PORTERD_UNIT
from porter.host.core.own_code import run_module
from porter.host.core.record import spec_file
from porter.host.core.service import File, Service, plan_files, plan_unit
from porter.host.core.steps import ChangeUnit, Run, Steps
from porter.host.core.unit_file import (
    ALWAYS_UP,
    HEADER,
    NO_CODE_AT_RUN_TIME,
    ONLINE,
    OWN_USER,
    SANDBOX,
    unit_file,
)
from porter.host.core.view import View
from porter.host.secrets.files import held_file
from porter.spec import CONTAINERS_HOST, HAPROXY_UNIT, dumps

USER = "porterd"


def look(goal: Goal, view: View) -> Facts:
    """Read porterd's units, the records of their last starts, and the system's users."""
    units = (porterd_service(goal), porterd_socket(goal))
    files = (path for unit in units for path in unit.files(goal.layout))
    return look_at(view, (*files, _users(goal)), (unit.name for unit in units))


def plan(goal: Goal, facts: Facts) -> Steps:
    """Write and start the units; a changed spec or deployment restarts porterd."""
    service = porterd_service(goal)
    socket, facts = _plan_socket(goal, facts)
    return (
        *_plan_user(goal, facts),
        *plan_files((service.unit,), facts),
        *socket,
        *plan_unit(service, facts, goal.layout),
    )


def porterd_socket(goal: Goal) -> Service:
    """Return the unit that keeps porterd's ports, so that no program takes them in a restart."""
    port = goal.spec.porterd.port
    lines = (
        "[Unit]",
        f"Description=The ports of porterd of {goal.spec.service}",
        "",
        "[Socket]",
        f"ListenStream=127.0.0.1:{port}",
        f"ListenStream={CONTAINERS_HOST}:{port}",
        "# The second address exists only on a host with containers.",
        "FreeBind=yes",
        "Backlog=4096",
        "# However often porterd ends, its ports stay.",
        "TriggerLimitIntervalSec=0",
        "",
        "[Install]",
        "WantedBy=sockets.target",
    )
    text = (HEADER + "\n".join(lines) + "\n").encode()
    return Service(PORTERD_SOCKET, File(goal.layout.unit(PORTERD_SOCKET), text))


def _plan_socket(goal: Goal, facts: Facts) -> tuple[Steps, Facts]:
    """Plan to start the socket's unit; return the facts as they are then.

    systemd starts it only while porterd is down. Only systemd passes sockets: on a played host
    porterd listens by itself.
    """
    if not goal.layout.is_machine:
        return (), facts
    socket = porterd_socket(goal)
    steps = plan_unit(socket, facts, goal.layout)
    before: Steps = plan_files((socket.unit,), facts)
    porterd = facts.units.get(PORTERD_UNIT)
    changes = any(isinstance(one, ChangeUnit) and one.verb != "enable" for one in steps)
    if changes and porterd and porterd.runs:
        before = (*before, ChangeUnit("stop", PORTERD_UNIT))
        units = {**facts.units, PORTERD_UNIT: replace(porterd, active="inactive")}
        facts = replace(facts, units=units)
    return (*before, *steps), facts


def porterd_service(goal: Goal) -> Service:
    """Return porterd's unit, and the files that it gets as credentials."""
    layout = goal.layout
    bundle = layout.bundle(goal.deployment.bundle)
    known = held_file(goal)
    secrets = (known,) if known else ()
    environment = {"PYTHONPATH": str(bundle), "PYTHONUNBUFFERED": "1", **goal.endpoints}
    lines = (
        "Type=notify",
        "# gunicorn's worker, a child, feeds the watchdog, and says until when with each beat.",
        "NotifyAccess=all",
        "WatchdogSec=2min",
        "# Not SIGABRT: a core dump would hold credentials.",
        "WatchdogSignal=SIGTERM",
        *(f"Environment={quoting.word(f'{k}={v}')}" for k, v in environment.items()),
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
    keeper = (f"Requires={PORTERD_SOCKET}",) if layout.is_machine else ()
    order = (*ONLINE, *keeper, f"After={HAPROXY_UNIT} {ENVIRONMENT_UNIT}")
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


def _plan_user(goal: Goal, facts: Facts) -> Steps:
    """Plan to create a permanent user, which systemd then uses as the unit's dynamic one.

    porterd asks systemd by D-Bus. Debian's dbus-daemon refuses users that it cannot look up, and it
    cannot look up dynamic ones (SYSTEMD_NSS_DYNAMIC_BYPASS).
    """
    passwd = facts.content(_users(goal)) or b""
    if not goal.layout.is_machine or f"\n{USER}:".encode() in passwd:
        return ()
    return (Run(("systemd-sysusers", "--inline", f"u {USER} -")),)


def _users(goal: Goal) -> PurePath:
    return goal.layout.root / "etc/passwd"
