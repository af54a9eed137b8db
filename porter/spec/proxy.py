"""The HAProxy on a host."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from porter.spec.check import check_integer, check_name, check_port, refuse
from porter.spec.http import Http
from porter.spec.tls import Tls

HTTP_PORT = 80
"""Where HAProxy listens by default."""

HTTPS_PORT = 443
"""Where HAProxy listens with a certificate."""

Slot = Literal["a", "b"]
"""One of two places for the workload behind the proxy, so a newer one can start beside it."""

STATISTICS_VARIABLE = "PORTER_HAPROXY_STATISTICS"
"""Tells porterd the socket of HAProxy's statistics."""

MAX_DRAIN_SECONDS = 3600
"""HAProxy's `timeout tunnel` on a host: it closes a connection without traffic after this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """HAProxy in front of the workload `workload`.

    The load balancer and porterd connect to its `port`, over TLS if `tls` is set. On
    `redirect_port`, if set, it only redirects to HTTPS. When a newer workload has taken over,
    connections to the old one (a WebSocket, say) are cut after `drain_seconds`. `slot` says where
    the workload runs; the host sets it, and in a payload it is always `a`.
    """

    workload: str
    port: int = HTTP_PORT
    drain_seconds: int = 30
    slot: Slot = "a"
    http: Http = field(default_factory=Http)
    tls: Tls | None = None
    redirect_port: int | None = None

    def __post_init__(self) -> None:
        check_name("workload", self.workload)
        check_port("port", self.port)
        check_integer("drain_seconds", self.drain_seconds, 0, MAX_DRAIN_SECONDS)
        if self.redirect_port is not None:
            check_port("redirect_port", self.redirect_port)
            if not self.tls:
                what = "redirects to HTTPS, and there is no certificate"
                raise refuse("redirect_port", what, cure="set tls as well")
