"""HAProxy's unit, and the replacement of its configuration."""

from __future__ import annotations

from pathlib import PurePath

from porter.host.core import quoting
from porter.host.core.goal import Goal
from porter.host.core.layout import ENVIRONMENT_UNIT, Layout
from porter.host.core.porterd_user import USER
from porter.host.core.service import File, Service
from porter.host.core.socket_unit import requires_socket, socket_unit
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
from porter.host.haproxy.runtime import STATISTICS, folder
from porter.host.secrets.certificate import certificate_file
from porter.spec import HAPROXY_UNIT


def haproxy_service(goal: Goal, program: PurePath) -> Service:
    """Return HAProxy's unit; it reads the configuration and, with TLS, the certificate."""
    certificate = certificate_file(goal)
    layout = goal.layout
    check, run = ([str(program), option, "-f", str(layout.haproxy_cfg)] for option in ("-c", "-W"))
    check_line = quoting.command_line(check)
    before = (*(_own_certificate(layout) if certificate else ()), check_line)
    first = (*_statistics(layout), *before)
    lines = (
        "# A master, which stays, and the worker it replaces on SIGUSR2.",
        "Type=exec",
        *(f"ExecStartPre={line}" for line in first),
        f"ExecStart={quoting.command_line(run)}",
        "# The master does not survive a configuration that it refuses.",
        *(f"ExecReload={line}" for line in before),
        "ExecReload=kill -USR2 $MAINPID",
        "# The admin socket is in this folder: its name in haproxy.cfg is relative to it.",
        f"RuntimeDirectory={folder(layout).name}",
        "# porterd passes through it; the admin socket in it is its user's alone.",
        "RuntimeDirectoryMode=0711",
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
        *NO_CAPABILITIES,
    )
    # At boot that unit fetches the certificate and points the configuration to the live slot.
    order = (*ONLINE, *requires_socket(goal, HAPROXY_UNIT), f"After={ENVIRONMENT_UNIT}")
    unit = unit_file(f"HAProxy before {goal.spec.service}", order=order, service=lines)
    cfg = File(layout.haproxy_cfg, haproxy_cfg(goal.spec, layout.certificate))
    reads = (cfg, certificate) if certificate else (cfg,)
    return Service(HAPROXY_UNIT, File(layout.unit(HAPROXY_UNIT), unit), reads, reloads=True)


def haproxy_socket(goal: Goal) -> Service:
    """Return the unit that keeps HAProxy's ports: that of the service, then that for redirects."""
    proxy = goal.spec.proxy
    ports = (proxy.port, proxy.redirect_port) if proxy else ()
    addresses = (f"0.0.0.0:{port}" for port in ports if port is not None)
    return socket_unit(goal, HAPROXY_UNIT, addresses, more=NO_METADATA)


def _own_certificate(layout: Layout) -> tuple[str, ...]:
    """Return the command, run as root, that gives the file to the unit's dynamic user."""
    reference = f"--reference={folder(layout)}"
    return (f"+{quoting.command_line(['chown', reference, str(layout.certificate)])}",)


def _statistics(layout: Layout) -> tuple[str, ...]:
    """Return the commands that make the folder of the socket for porterd.

    Root gives the folder, and so the socket in it, porterd's group. That may fail: a host serves
    without statistics. systemd would undo it for the runtime directory itself, at each command.
    """
    there = str((folder(layout) / STATISTICS).parent)
    if not layout.is_machine:
        # There all programs have one user, and a folder that others may not enter is hidden.
        return (quoting.command_line(["mkdir", "-p", "-m", "711", there]),)
    make = quoting.command_line(["mkdir", "-p", there])
    as_root = (["chgrp", USER, there], ["chmod", "2710", there])
    return (make, *(f"-+{quoting.command_line(command)}" for command in as_root))


def replace_cfg(cfg: File, program: PurePath) -> Steps:
    """Plan to replace the configuration by `cfg`, if `haproxy -c` accepts it."""
    candidate = cfg.path.with_name("haproxy.cfg.new")
    return (
        WriteFile(candidate, cfg.content, cfg.mode),
        Run((str(program), "-c", "-f", str(candidate))),
        MoveFile(candidate, cfg.path),
    )
