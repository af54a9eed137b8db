"""HAProxy in front of a service on its hosts, and the service's health check."""

from __future__ import annotations

from dataclasses import dataclass, field

from porter.spec import HTTP_PORT, HTTPS_PORT, HealthCheck, Http, Proxy, SpecError
from porter_cdk.tls import Tls
from porter_cdk.tokens import DeployTimeValues

LOAD_BALANCER_SECONDS = 60
"""The default idle time-out of an Application Load Balancer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The properties of a `PorterService` that configure HAProxy.

    Raises `SpecError`, which names the property, for values that fail with a load balancer.
    """

    health_check: HealthCheck
    drain_seconds: int = 30
    http: Http = field(default_factory=Http)
    tls: Tls | None = None

    def __post_init__(self) -> None:
        if self.http.timeouts.keep_alive <= LOAD_BALANCER_SECONDS:
            raise SpecError(
                f"must be above the load balancer's {LOAD_BALANCER_SECONDS} s: if HAProxy closes "
                "a connection first, a request is lost",
                where="http/timeouts/keep_alive",
            )

    def proxy(self, workload: str, values: DeployTimeValues) -> Proxy:
        """Return the host's form of HAProxy in front of `workload`; add its tokens to `values`."""
        redirects = self.tls is not None and self.http.redirect_to_https
        return Proxy(
            workload=workload,
            port=HTTPS_PORT if self.tls else HTTP_PORT,
            drain_seconds=self.drain_seconds,
            http=self.http,
            tls=self.tls.spec(values) if self.tls else None,
            redirect_port=HTTP_PORT if redirects else None,
        )
