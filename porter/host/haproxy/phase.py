"""Phase haproxy: install, configure and start the proxy in front of the service."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from porter.errors import PorterError
from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.listeners import ANY, Listener, kept, strangers
from porter.host.core.porterd_user import plan_user, users
from porter.host.core.service import plan_files, plan_removal, plan_unit
from porter.host.core.socket_unit import plan_socket, socket_name
from porter.host.core.steps import ChangeUnit, DaemonReload, InstallPackages, RemoveFile, Steps
from porter.host.core.systems import manager_of
from porter.host.core.view import View
from porter.host.haproxy.service import haproxy_service, haproxy_socket, replace_cfg
from porter.spec import HAPROXY_UNIT


@dataclass(frozen=True, slots=True)
class HaproxyFacts:
    """The proxy's files and units, the path of HAProxy if it is installed, and who has its port."""

    common: Facts
    program: PurePath | None
    strangers: tuple[Listener, ...] = ()


def look(goal: Goal, view: View) -> HaproxyFacts:
    """Read the proxy's files and units, and find HAProxy."""
    units = (HAPROXY_UNIT, socket_name(HAPROXY_UNIT), goal.system.haproxy_unit)
    files = (*_files(goal), *haproxy_socket(goal).files(goal.layout))
    common, proxy = look_at(view, (*files, users(goal)), units), goal.spec.proxy
    ports = [proxy.port, proxy.redirect_port or proxy.port] if proxy else []
    socket = common.units.get(socket_name(HAPROXY_UNIT))
    ours = (HAPROXY_UNIT, goal.system.haproxy_unit, *kept(socket))
    found = strangers(view, ports, at=[ANY], allowed=ours)
    return HaproxyFacts(common, view.program("haproxy"), tuple(found))


def plan(goal: Goal, facts: HaproxyFacts) -> Steps:
    """Install HAProxy unless it is there, replace what differs, start or reload it.

    Raises `PorterError` if another program listens on a port of HAProxy, which could not start.
    """
    layout, common = goal.layout, facts.common
    if goal.spec.proxy is None:
        socket = haproxy_socket(goal)
        return (
            *plan_removal(socket.name, socket.files(layout), common),
            *plan_removal(HAPROXY_UNIT, _files(goal), common),
        )
    for one in facts.strangers:
        raise one.refusal("proxy/port")
    program = facts.program or layout.root / goal.system.haproxy
    service = haproxy_service(goal, program)
    cfg, *certificate = service.reads
    changed = plan_files(certificate, common)
    kept, common = plan_socket(goal, haproxy_socket(goal), HAPROXY_UNIT, common)
    unit = plan_unit(service, common, layout)
    # After a swap the record is up to date, but HAProxy has not loaded a new certificate.
    swapped = changed and common.systemd and not any(isinstance(one, ChangeUnit) for one in unit)
    reload: Steps = (ChangeUnit("reload", HAPROXY_UNIT),) if swapped else ()
    # The proxy has no TLS any more: remove the key.
    unused = not certificate and layout.certificate in common.files
    return (
        *_stock_unit_off(goal, facts),
        *(_install(goal) if facts.program is None else ()),
        *plan_user(goal, common),
        # The certificate first: HAProxy refuses a configuration without it.
        *changed,
        *(replace_cfg(cfg, program) if plan_files((cfg,), common) else ()),
        *plan_files((service.unit,), common),
        *kept,
        *unit,
        *reload,
        *((RemoveFile(layout.certificate),) if unused else ()),
    )


def _files(goal: Goal) -> tuple[PurePath, ...]:
    layout = goal.layout
    own = (layout.haproxy_cfg, layout.certificate, layout.started(HAPROXY_UNIT))
    return (layout.unit(HAPROXY_UNIT), *own)


def _install(goal: Goal) -> Steps:
    layout, here = goal.layout, goal.system
    if not layout.is_machine:
        where = str(layout.root / here.haproxy)
        raise PorterError(
            "is missing, and porter installs packages only if the root is /", where=where
        )
    return (InstallPackages((here.haproxy_package,), manager_of(here)),)


def _stock_unit_off(goal: Goal, facts: HaproxyFacts) -> Steps:
    """Plan to mask the distribution's unit, before Debian's package starts it."""
    name = goal.system.haproxy_unit
    state = facts.common.units.get(name)
    if state is None or state.load == "masked" or (facts.program and not state.loaded):
        return ()
    stop: Steps = (ChangeUnit("stop", name),) if state.runs else ()
    reload_units: Steps = (DaemonReload(),) if state.loaded else ()
    return (*stop, ChangeUnit("mask", name), *reload_units)
