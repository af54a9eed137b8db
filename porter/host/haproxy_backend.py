"""The backend of haproxy.cfg: where requests go."""

from __future__ import annotations

import re

from porter.host.unit_file import Lines
from porter.spec import HostSpec, Workload


def backend(spec: HostSpec, workload: Workload) -> Lines:
    """The lines of the backend before `workload`, one of `spec`."""
    return (
        "# No check here: porterd and the load balancer check through the frontend.",
        _server(spec, workload),
    )


def redirected(cfg: bytes, spec: HostSpec) -> bytes:
    """`cfg`, which this module wrote, with requests going to the live slot of `spec`."""
    web = spec.web
    if web is None:
        return cfg
    server = re.compile(rf"^( *)server {re.escape(web.name)}(_b)? \S+$".encode(), re.MULTILINE)
    return server.sub(rb"\1" + _server(spec, web).encode(), cfg)


def _server(spec: HostSpec, workload: Workload) -> str:
    return f"server {spec.running_name(workload)} 127.0.0.1:{workload.port}"
