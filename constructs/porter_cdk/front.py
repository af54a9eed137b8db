"""What stands before a service on its hosts: HAProxy, and how it judges the service."""

from __future__ import annotations

from dataclasses import dataclass, field

from porter.spec import HealthCheck, Http, Proxy, SpecError

LOAD_BALANCER_SECONDS = 60
"""An Application Load Balancer's idle time-out, unless its attribute is changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The properties of a `PorterService` that are HAProxy's.

    Raises `SpecError`, naming the property, for what no load balancer gets along with.
    """

    health_check: HealthCheck
    drain_seconds: int = 30
    http: Http = field(default_factory=Http)

    def __post_init__(self) -> None:
        if self.http.timeouts.keep_alive <= LOAD_BALANCER_SECONDS:
            raise SpecError(
                f"must be above the load balancer's own {LOAD_BALANCER_SECONDS} s: a connection "
                "that HAProxy closes first costs a request",
                where="http/timeouts/keep_alive",
            )

    def proxy(self, workload: str) -> Proxy:
        """HAProxy before `workload`, as the host will know it."""
        return Proxy(workload=workload, drain_seconds=self.drain_seconds, http=self.http)
