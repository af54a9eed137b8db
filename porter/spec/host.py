"""The static specification of a host: everything known at synthesis."""

from __future__ import annotations

from dataclasses import dataclass, field

from porter.spec.check import check_integer, check_name, check_port, refuse
from porter.spec.health import HealthCheck
from porter.spec.schema import check_schema
from porter.spec.setup import SetupStep
from porter.spec.workload import ProcessWorkload

MAX_TIMEOUT_SECONDS = 43_200
"""Longest time-out of a wait condition (CloudFormation, AWS::CloudFormation::WaitCondition)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """The HAProxy in front of the workload; the load balancer and porterd talk to its `port`."""

    port: int = 80

    def __post_init__(self) -> None:
        check_port("port", self.port)


@dataclass(frozen=True, slots=True, kw_only=True)
class Porterd:
    """porterd listens on `port` of the loopback interface."""

    port: int = 3001

    def __post_init__(self) -> None:
        check_port("port", self.port)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """One host: its workloads, the proxy before them, and how their health is judged.

    `setup` runs before the workloads, in this order.
    Without workloads there is neither proxy nor health check: such a host is healthy when porterd
    serves. `timeout_seconds` is the wait condition's time-out, which porterd must stay ahead of.
    """

    schema: int
    service: str
    timeout_seconds: int
    workloads: tuple[ProcessWorkload, ...] = ()
    health_check: HealthCheck | None = None
    proxy: Proxy | None = None
    porterd: Porterd = field(default_factory=Porterd)
    setup: tuple[SetupStep, ...] = ()

    def __post_init__(self) -> None:
        check_schema(self.schema)
        check_name("service", self.service)
        check_integer("timeout_seconds", self.timeout_seconds, 1, MAX_TIMEOUT_SECONDS)
        _check_names("workloads", "workload", [workload.name for workload in self.workloads])
        _check_names("setup", "setup step", [step.name for step in self.setup])
        self._check_parts()
        self._check_ports()

    def _check_parts(self) -> None:
        for part in ("health_check", "proxy"):
            if bool(self.workloads) != (getattr(self, part) is not None):
                problem = "is needed with workloads" if self.workloads else "needs a workload"
                raise refuse(part, problem)

    def _check_ports(self) -> None:
        taken = {self.porterd.port: "porterd/port"}
        claims = [("proxy/port", self.proxy.port)] if self.proxy else []
        claims += [(f"workloads/{i}/port", w.port) for i, w in enumerate(self.workloads)]
        for claim, port in claims:
            if port in taken:
                raise refuse(claim, f"{port} is already {taken[port]}", cure="choose another port")
            taken[port] = claim


def _check_names(field_name: str, kind: str, names: list[str]) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise refuse(f"{field_name}/{index}/name", f"{name!r} is taken by another {kind}")
