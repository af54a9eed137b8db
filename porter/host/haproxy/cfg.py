"""Render haproxy.cfg, for HAProxy 2.6 and later."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from porter.errors import PorterError
from porter.host.core.unit_file import HEADER
from porter.host.haproxy.frontend import frontend, redirect_frontend
from porter.spec import HostSpec, Timeouts, Workload

_GLOBAL = """\
global
    # No maxconn: HAProxy computes it from the unit's LimitNOFILE.
    log stdout format raw daemon
    # Relative to the unit's runtime directory: a socket's path is short.
    stats socket unix@admin.sock mode 600 level admin
    # For porterd: the folder gives it its group. This level shows statistics, and changes nothing.
    stats socket unix@stats/stats.sock mode 660 level user
    stats timeout 30s
"""

_DEFAULTS = """\
defaults
    mode http
    log global
    option httplog
    option dontlognull
    # Pass on each piece of an answer at once; HAProxy would wait up to 0.2 s for more.
    option http-no-delay
    # The load balancer's own X-Forwarded-For stays as it is.
    option forwardfor if-none
    # A service that does not listen yet is a 503 at once, not after three more attempts.
    retries 0
    timeout connect {connect}
    timeout http-request {http_request}
    # Longer than the load balancer's 60 s: it must be the one to close an idle connection.
    timeout client {client}
    timeout http-keep-alive {keep_alive}
    timeout server {server}
    # WebSockets and the like.
    timeout tunnel {tunnel}
"""

_NO_CHECK = "# No check here: porterd and the load balancer check through the frontend."


def haproxy_cfg(spec: HostSpec, certificate: PurePath) -> bytes:
    """Return the configuration of the proxy of `spec`.

    With TLS, `certificate` is the PEM file of certificate and key. Raises `PorterError` if no
    workload is behind the proxy.
    """
    workload = spec.web
    if not (spec.proxy and spec.health_check and workload):
        raise PorterError("needs a workload", where="proxy")
    sections = (
        _GLOBAL,
        _defaults(spec.proxy.http.timeouts),
        *_section(f"frontend {spec.service}", frontend(spec.proxy, spec.health_check, certificate)),
        *_section(f"frontend {spec.service}-redirect", redirect_frontend(spec.proxy)),
        *_section(f"backend {workload.name}", (_NO_CHECK, _server(spec, workload))),
    )
    return (HEADER + "\n".join(sections)).encode()


def redirected(cfg: bytes, spec: HostSpec) -> bytes:
    """Return `cfg`, a result of `haproxy_cfg`, with the server of the live slot of `spec`."""
    web = spec.web
    if web is None:
        return cfg
    server = re.compile(rf"^( *)server {re.escape(web.name)}(_b)? \S+$".encode(), re.MULTILINE)
    return server.sub(rb"\1" + _server(spec, web).encode(), cfg)


def _defaults(timeouts: Timeouts) -> str:
    return _DEFAULTS.format(
        connect=_time(timeouts.connect),
        http_request=_time(timeouts.http_request),
        client=_time(timeouts.client),
        keep_alive=_time(timeouts.keep_alive),
        server=_time(timeouts.server),
        tunnel=_time(timeouts.tunnel),
    )


def _section(title: str, lines: Iterable[str]) -> Iterable[str]:
    """Return a section, or nothing if it has no lines."""
    body = "".join(f"    {line}\n" for line in lines)
    return (f"{title}\n{body}",) if body else ()


def _time(seconds: float) -> str:
    """Format a time (HAProxy's configuration manual, section 2.5)."""
    return f"{seconds:g}s" if seconds == int(seconds) else f"{seconds * 1000:.0f}ms"


def _server(spec: HostSpec, workload: Workload) -> str:
    return f"server {spec.running_name(workload)} 127.0.0.1:{workload.port}"
