"""Phase haproxy: the proxy before the service, its configuration accepted by HAProxy itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from porter.errors import PorterError
from porter.host import quoting
from porter.host.facts import Facts, look_at
from porter.host.goal import Goal
from porter.host.haproxy_cfg import haproxy_cfg
from porter.host.layout import STOCK_HAPROXY_UNIT, Layout
from porter.host.machine import Machine
from porter.host.packages import PackageManager, package_manager
from porter.host.service import File, Service, plan_files, plan_removal, plan_unit
from porter.host.steps import ChangeUnit, InstallPackages, MoveFile, Run, Steps, WriteFile
from porter.host.unit_file import ALWAYS_UP, NO_CAPABILITIES, SANDBOX, unit_file
from porter.spec import HAPROXY_UNIT

PRIVILEGED_PORTS = 1024
"""Below it, listening takes CAP_NET_BIND_SERVICE (ip(7))."""


@dataclass(frozen=True, slots=True)
class HaproxyFacts:
    """The proxy's files and units, HAProxy itself, and what could install it."""

    common: Facts
    program: Path | None
    manager: PackageManager | None


def look(goal: Goal, machine: Machine) -> HaproxyFacts:
    """Whether HAProxy is there, and how it is set up."""
    layout = goal.layout
    files = (layout.unit(HAPROXY_UNIT), layout.haproxy_cfg, layout.started(HAPROXY_UNIT))
    return HaproxyFacts(
        look_at(machine, files, (HAPROXY_UNIT, STOCK_HAPROXY_UNIT)),
        program=machine.program("haproxy"),
        manager=package_manager(machine),
    )


def plan(goal: Goal, facts: HaproxyFacts) -> Steps:
    """Install HAProxy if need be, hand it the configuration, and let it run."""
    layout, common = goal.layout, facts.common
    if goal.spec.proxy is None:
        files = (layout.unit(HAPROXY_UNIT), layout.haproxy_cfg, layout.started(HAPROXY_UNIT))
        return plan_removal(HAPROXY_UNIT, files, common)
    program = facts.program or layout.haproxy_program
    service = haproxy_service(goal, program)
    return (
        *(_install(layout, facts.manager) if facts.program is None else ()),
        *_stock_unit_off(facts),
        *_plan_cfg(service.reads[0], program, goal, common),
        *plan_files((service.unit,), common),
        *plan_unit(service, common, layout),
    )


def haproxy_service(goal: Goal, program: Path) -> Service:
    """The unit of HAProxy and the configuration it reads."""
    layout, proxy = goal.layout, goal.spec.proxy
    haproxy, cfg = str(program), str(layout.haproxy_cfg)
    capabilities = NO_CAPABILITIES
    if proxy and proxy.port < PRIVILEGED_PORTS:
        capabilities = tuple(
            f"{name}=CAP_NET_BIND_SERVICE"
            for name in ("CapabilityBoundingSet", "AmbientCapabilities")
        )
    lines = (
        "# A master, which stays, and the worker it replaces on SIGUSR2.",
        "Type=exec",
        f"ExecStartPre={quoting.command_line([haproxy, '-c', '-f', cfg])}",
        f"ExecStart={quoting.command_line([haproxy, '-W', '-f', cfg])}",
        "ExecReload=kill -USR2 $MAINPID",
        "# Finish the requests at hand, but not for ever.",
        "KillSignal=SIGUSR1",
        "KillMode=mixed",
        "TimeoutStopSec=30",
        *ALWAYS_UP,
        *SANDBOX,
        *capabilities,
    )
    unit = unit_file(f"HAProxy before {goal.spec.service}", service=lines)
    return Service(
        HAPROXY_UNIT,
        File(layout.unit(HAPROXY_UNIT), unit),
        (File(layout.haproxy_cfg, haproxy_cfg(goal.spec)),),
        reloads=True,
    )


def _install(layout: Layout, manager: PackageManager | None) -> Steps:
    if layout.root != Path("/"):
        where = str(layout.haproxy_program)
        raise PorterError("is missing, and packages are only installed below /", where=where)
    if manager is None:
        raise PorterError("HAProxy is missing, and there is neither dnf nor apt-get")
    return (InstallPackages(("haproxy",), manager),)


def _stock_unit_off(facts: HaproxyFacts) -> Steps:
    """Debian starts its own unit as soon as the package is installed."""
    stock = STOCK_HAPROXY_UNIT
    if facts.program is None and facts.common.systemd:
        return (ChangeUnit("stop", stock), ChangeUnit("disable", stock))
    return plan_removal(stock, (), facts.common)


def _plan_cfg(cfg: File, program: Path, goal: Goal, facts: Facts) -> Steps:
    """Replace the configuration only by one that HAProxy accepts."""
    if not plan_files((cfg,), facts):
        return ()
    candidate = goal.layout.haproxy_candidate
    return (
        WriteFile(candidate, cfg.content, cfg.mode),
        Run((str(program), "-c", "-f", str(candidate))),
        MoveFile(candidate, cfg.path),
    )
