"""Phase haproxy: the proxy before the service, its configuration accepted by HAProxy itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from porter.errors import PorterError
from porter.host.core import quoting
from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.layout import ENVIRONMENT_UNIT, Layout
from porter.host.core.service import File, Service, plan_files, plan_removal, plan_unit
from porter.host.core.steps import (
    ChangeUnit,
    DaemonReload,
    InstallPackages,
    MoveFile,
    RemoveFile,
    Run,
    Steps,
    WriteFile,
)
from porter.host.core.systems import manager_of
from porter.host.core.unit_file import (
    ALWAYS_UP,
    NETWORK,
    NO_CAPABILITIES,
    ONLINE,
    OWN_USER,
    SANDBOX,
    unit_file,
)
from porter.host.core.view import View
from porter.host.haproxy.cfg import haproxy_cfg
from porter.host.haproxy.runtime import folder
from porter.host.secrets.certificate import certificate_file
from porter.spec import HAPROXY_UNIT

PRIVILEGED_PORTS = 1024
"""Below it, listening takes CAP_NET_BIND_SERVICE (ip(7))."""


@dataclass(frozen=True, slots=True)
class HaproxyFacts:
    """The proxy's files and units, and HAProxy itself."""

    common: Facts
    program: PurePath | None


def look(goal: Goal, view: View) -> HaproxyFacts:
    """Whether HAProxy is there, and how it is set up."""
    units = (HAPROXY_UNIT, goal.system.haproxy_unit)
    return HaproxyFacts(look_at(view, _files(goal), units), view.program("haproxy"))


def plan(goal: Goal, facts: HaproxyFacts) -> Steps:
    """Install HAProxy if need be, hand it the configuration, and let it run."""
    layout, common = goal.layout, facts.common
    if goal.spec.proxy is None:
        return plan_removal(HAPROXY_UNIT, _files(goal), common)
    program = facts.program or layout.root / goal.system.haproxy
    service = haproxy_service(goal, program)
    cfg, *certificate = service.reads
    changed = plan_files(certificate, common)
    unit = plan_unit(service, common, layout)
    # A swap notes what HAProxy reads, and loads no new certificate.
    swapped = changed and common.systemd and not any(isinstance(one, ChangeUnit) for one in unit)
    reload: Steps = (ChangeUnit("reload", HAPROXY_UNIT),) if swapped else ()
    # Of a proxy that had TLS: a key does not lie about.
    unused = not certificate and layout.certificate in common.files
    return (
        *_stock_unit_off(goal, facts),
        *(_install(goal) if facts.program is None else ()),
        # First: the configuration is only valid with it.
        *changed,
        *(replace_cfg(cfg, program) if plan_files((cfg,), common) else ()),
        *plan_files((service.unit,), common),
        *unit,
        *reload,
        *((RemoveFile(layout.certificate),) if unused else ()),
    )


def haproxy_service(goal: Goal, program: PurePath) -> Service:
    """The unit of HAProxy, the configuration it reads and, with TLS, its certificate."""
    certificate = certificate_file(goal)
    layout, proxy = goal.layout, goal.spec.proxy
    check, run = ([str(program), option, "-f", str(layout.haproxy_cfg)] for option in ("-c", "-W"))
    check_line = quoting.command_line(check)
    before = (*(_own_certificate(layout) if certificate else ()), check_line)
    capabilities = NO_CAPABILITIES
    if proxy and min(proxy.port, proxy.redirect_port or proxy.port) < PRIVILEGED_PORTS:
        capabilities = tuple(
            f"{name}=CAP_NET_BIND_SERVICE"
            for name in ("CapabilityBoundingSet", "AmbientCapabilities")
        )
    lines = (
        "# A master, which stays, and the worker it replaces on SIGUSR2.",
        "Type=exec",
        *(f"ExecStartPre={line}" for line in before),
        f"ExecStart={quoting.command_line(run)}",
        "# The master does not survive a configuration that it refuses.",
        *(f"ExecReload={line}" for line in before),
        "ExecReload=kill -USR2 $MAINPID",
        "# The admin socket is in it: haproxy.cfg names it as seen from here.",
        f"RuntimeDirectory={folder(layout).name}",
        "RuntimeDirectoryMode=0700",
        f"WorkingDirectory={quoting.path(folder(layout))}",
        "# Finish the requests at hand, but not for ever.",
        "KillSignal=SIGUSR1",
        "KillMode=mixed",
        "TimeoutStopSec=30",
        *ALWAYS_UP,
        *OWN_USER,
        *SANDBOX,
        *NETWORK,
        *capabilities,
    )
    # At boot that unit fetches the certificate, and sees to it that requests go to the live slot.
    order = (*ONLINE, f"After={ENVIRONMENT_UNIT}")
    unit = unit_file(f"HAProxy before {goal.spec.service}", order=order, service=lines)
    cfg = File(layout.haproxy_cfg, haproxy_cfg(goal.spec, layout.certificate))
    reads = (cfg, certificate) if certificate else (cfg,)
    return Service(HAPROXY_UNIT, File(layout.unit(HAPROXY_UNIT), unit), reads, reloads=True)


def _own_certificate(layout: Layout) -> tuple[str, ...]:
    """Root's command that hands the file over to the unit's own user, whoever that is now."""
    reference = f"--reference={folder(layout)}"
    return (f"+{quoting.command_line(['chown', reference, str(layout.certificate)])}",)


def _files(goal: Goal) -> tuple[PurePath, ...]:
    layout = goal.layout
    own = (layout.haproxy_cfg, layout.certificate, layout.started(HAPROXY_UNIT))
    return (layout.unit(HAPROXY_UNIT), *own)


def _install(goal: Goal) -> Steps:
    layout, here = goal.layout, goal.system
    if not layout.is_machine:
        where = str(layout.root / here.haproxy)
        raise PorterError("is missing, and packages are only installed below /", where=where)
    return (InstallPackages((here.haproxy_package,), manager_of(here)),)


def _stock_unit_off(goal: Goal, facts: HaproxyFacts) -> Steps:
    """Mask the distribution's own unit, before Debian's package would start it."""
    name = goal.system.haproxy_unit
    state = facts.common.units.get(name)
    if state is None or state.load == "masked" or (facts.program and not state.loaded):
        return ()
    stop: Steps = (ChangeUnit("stop", name),) if state.runs else ()
    reload_units: Steps = (DaemonReload(),) if state.loaded else ()
    return (*stop, ChangeUnit("mask", name), *reload_units)


def replace_cfg(cfg: File, program: PurePath) -> Steps:
    """Let `cfg` take the place of the configuration, if HAProxy accepts it."""
    candidate = cfg.path.with_name("haproxy.cfg.new")
    return (
        WriteFile(candidate, cfg.content, cfg.mode),
        Run((str(program), "-c", "-f", str(candidate))),
        MoveFile(candidate, cfg.path),
    )
