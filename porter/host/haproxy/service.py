"""HAProxy's unit, and the replacement of its configuration."""

from __future__ import annotations

from pathlib import PurePath

from porter.host.core import quoting
from porter.host.core.goal import Goal
from porter.host.core.layout import ENVIRONMENT_UNIT, Layout
from porter.host.core.service import File, Service
from porter.host.core.steps import MoveFile, Run, Steps, WriteFile
from porter.host.core.unit_file import (
    ALWAYS_UP,
    NETWORK,
    NO_CAPABILITIES,
    NO_METADATA,
    ONLINE,
    OWN_USER,
    SANDBOX,
    unit_file,
)
from porter.host.haproxy.cfg import haproxy_cfg
from porter.host.haproxy.runtime import folder
from porter.host.secrets.certificate import certificate_file
from porter.spec import HAPROXY_UNIT

PRIVILEGED_PORTS = 1024
"""The first port that needs no CAP_NET_BIND_SERVICE (ip(7))."""


def haproxy_service(goal: Goal, program: PurePath) -> Service:
    """Return HAProxy's unit; it reads the configuration and, with TLS, the certificate."""
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
        "# The admin socket is in this folder: its name in haproxy.cfg is relative to it.",
        f"RuntimeDirectory={folder(layout).name}",
        "RuntimeDirectoryMode=0700",
        f"WorkingDirectory={quoting.path(folder(layout))}",
        "# Finish the requests at hand, for a limited time.",
        "KillSignal=SIGUSR1",
        "KillMode=mixed",
        "TimeoutStopSec=30",
        *ALWAYS_UP,
        *OWN_USER,
        *SANDBOX,
        *NETWORK,
        *NO_METADATA,
        *capabilities,
    )
    # At boot that unit fetches the certificate and points the configuration to the live slot.
    order = (*ONLINE, f"After={ENVIRONMENT_UNIT}")
    unit = unit_file(f"HAProxy before {goal.spec.service}", order=order, service=lines)
    cfg = File(layout.haproxy_cfg, haproxy_cfg(goal.spec, layout.certificate))
    reads = (cfg, certificate) if certificate else (cfg,)
    return Service(HAPROXY_UNIT, File(layout.unit(HAPROXY_UNIT), unit), reads, reloads=True)


def _own_certificate(layout: Layout) -> tuple[str, ...]:
    """Return the command, run as root, that gives the file to the unit's dynamic user."""
    reference = f"--reference={folder(layout)}"
    return (f"+{quoting.command_line(['chown', reference, str(layout.certificate)])}",)


def replace_cfg(cfg: File, program: PurePath) -> Steps:
    """Plan to replace the configuration by `cfg`, if `haproxy -c` accepts it."""
    candidate = cfg.path.with_name("haproxy.cfg.new")
    return (
        WriteFile(candidate, cfg.content, cfg.mode),
        Run((str(program), "-c", "-f", str(candidate))),
        MoveFile(candidate, cfg.path),
    )
