"""Units that keep a service's ports, so that no other program takes them in a restart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from porter.host.core.facts import Facts
from porter.host.core.goal import Goal
from porter.host.core.service import File, Service, plan_files, plan_unit
from porter.host.core.steps import ChangeUnit, DaemonReload, Steps
from porter.host.core.unit_file import HEADER, Lines


def socket_name(unit: str) -> str:
    """Return the name of the unit that keeps the ports of the service `unit`."""
    return unit.removesuffix(".service") + ".socket"


def socket_unit(goal: Goal, unit: str, addresses: Iterable[str], *, more: Lines = ()) -> Service:
    """Return the unit that listens on `addresses` for the service `unit`, in their order.

    A service's lists of IP addresses do not cover the connections of sockets that it is given
    (systemd.resource-control(5)): repeat them in `more`.
    """
    lines = (
        "[Unit]",
        f"Description=The ports of {unit}",
        "",
        "[Socket]",
        *(f"ListenStream={address}" for address in addresses),
        "# The kernel allows at most net.core.somaxconn.",
        "Backlog=65535",
        "# However often the service ends, its ports stay.",
        "TriggerLimitIntervalSec=0",
        *more,
        "",
        "[Install]",
        "WantedBy=sockets.target",
    )
    name = socket_name(unit)
    text = (HEADER + "\n".join(lines) + "\n").encode()
    return Service(name, File(goal.layout.unit(name), text))


def requires_socket(goal: Goal, unit: str) -> Lines:
    """Return the lines of `[Unit]` by which the service `unit` gets its sockets.

    Only systemd passes sockets: on a played host the service listens by itself.
    """
    return (f"Requires={socket_name(unit)}",) if goal.layout.is_machine else ()


def plan_socket(goal: Goal, socket: Service, unit: str, facts: Facts) -> tuple[Steps, Facts]:
    """Plan to write and start `socket`, the one of `unit`; return the facts as they are then.

    systemd starts it only while the service is down, and then the first connection may start the
    service: by its new unit.
    """
    if not goal.layout.is_machine:
        return (), facts
    steps = plan_unit(socket, facts, goal.layout)
    before: Steps = plan_files((socket.unit,), facts)
    state = facts.units.get(unit)
    changes = any(isinstance(one, ChangeUnit) and one.verb != "enable" for one in steps)
    if changes and state and state.runs:
        before = (*before, ChangeUnit("stop", unit), DaemonReload())
        facts = replace(facts, units={**facts.units, unit: replace(state, active="inactive")})
    return (*before, *steps), facts
