"""Renders haproxy.cfg, valid from HAProxy 2.6 on."""

from __future__ import annotations

from porter.errors import PorterError
from porter.host.unit_file import HEADER
from porter.spec import HostSpec

_TEMPLATE = """\
global
    # No maxconn: HAProxy computes it from the unit's LimitNOFILE.
    log stdout format raw daemon
    # Relative to the unit's runtime directory: a socket's path is short.
    stats socket unix@admin.sock mode 600 level admin
    stats timeout 30s

defaults
    mode http
    log global
    option httplog
    option dontlognull
    # The load balancer's own X-Forwarded-For stays as it is.
    option forwardfor if-none
    # A service that does not listen yet is a 503 at once, not after three more attempts.
    retries 0
    timeout connect 2s
    timeout http-request 10s
    # Longer than the load balancer's 60 s: it must be the one to close an idle connection.
    timeout client 75s
    timeout http-keep-alive 75s
    timeout server 75s
    # WebSockets and the like.
    timeout tunnel 1h

frontend {service}
    bind :{proxy_port}
    unique-id-format %[uuid()]
    http-request set-header X-Request-ID %[unique-id] unless {{ req.hdr(X-Request-ID) -m found }}
    http-request capture req.hdr(X-Request-ID) len 64
    # Health checks come every second: only those that fail are logged.
    http-response set-log-level silent if {{ capture.req.uri -m str -- {check} }} {{ status 200 }}
    default_backend {workload}

backend {workload}
    # No check here: porterd and the load balancer check through the frontend.
    server {server} 127.0.0.1:{port}
"""


def haproxy_cfg(spec: HostSpec) -> bytes:
    """The configuration of the proxy of `spec`, which has one."""
    workload = spec.web
    if not (spec.proxy and spec.health_check and workload):
        raise PorterError("needs a workload", where="proxy")
    text = _TEMPLATE.format(
        service=spec.service,
        proxy_port=spec.proxy.port,
        check=_quoted(spec.health_check.path),
        workload=workload.name,
        server=spec.running_name(workload),
        port=workload.port,
    )
    return (HEADER + text).encode()


def _quoted(text: str) -> str:
    """`text` in strong quotes, as HAProxy's configuration manual has them (section 2.2)."""
    return "'" + text.replace("'", "'\\''") + "'"
