"""The static specification of a host: everything known at synthesis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from porter.spec.check import check_bool, check_integer, check_name, check_port, refuse
from porter.spec.cloudwatch import CloudWatch
from porter.spec.deployment import Text, check_text
from porter.spec.health import HealthCheck
from porter.spec.job import Job, job_owner
from porter.spec.proxy import Proxy
from porter.spec.schema import check_schema
from porter.spec.setup import SetupStep
from porter.spec.splunk import Splunk
from porter.spec.workload import Workload, check_of

MAX_TIMEOUT_SECONDS = 43_200
"""Longest time-out of a wait condition (CloudFormation, AWS::CloudFormation::WaitCondition)."""


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
    Proxy and health check come together, for the one workload behind the proxy; other workloads
    are workers, whose health is that they stay up. Without workloads a host is healthy when porterd
    serves. `timeout_seconds` is the wait condition's time-out, which porterd must stay ahead of.
    `environment_name` is what workloads see as `PORTER_ENVIRONMENT`. `service_role` is the ARN of
    the role whose credentials they get; without one they get none. `lease_table` is the DynamoDB
    table by which hosts agree on who runs a job.
    `splunk` and `cloudwatch` are agents that send logs and metrics away.
    With `security_updates` a host installs those of its distribution before anything else runs.
    """

    schema: int
    service: str
    timeout_seconds: int
    workloads: tuple[Workload, ...] = ()
    health_check: HealthCheck | None = None
    proxy: Proxy | None = None
    porterd: Porterd = field(default_factory=Porterd)
    setup: tuple[SetupStep, ...] = ()
    environment_name: Text = ""
    service_role: Text = ""
    splunk: Splunk | None = None
    cloudwatch: CloudWatch | None = None
    security_updates: bool = True
    jobs: tuple[Job, ...] = ()
    lease_table: Text = ""

    def __post_init__(self) -> None:
        check_schema(self.schema)
        check_name("service", self.service)
        check_integer("timeout_seconds", self.timeout_seconds, 1, MAX_TIMEOUT_SECONDS)
        _check_names("workloads", "workload", [workload.name for workload in self.workloads])
        _check_names("setup", "setup step", [step.name for step in self.setup])
        check_text("environment_name", self.environment_name)
        check_text("service_role", self.service_role)
        check_bool("security_updates", self.security_updates)
        self._check_parts()
        self._check_ports()
        self._check_jobs()

    @property
    def web(self) -> Workload | None:
        """The workload behind the proxy, if there is one."""
        behind = self.proxy.workload if self.proxy else ""
        return next((one for one in self.workloads if one.name == behind), None)

    @property
    def hands_out_credentials(self) -> bool:
        """Whether there are credentials, and someone to have them."""
        return bool(self.service_role and self.credential_names)

    @property
    def credential_names(self) -> tuple[str, ...]:
        """Who gets credentials of the service role, by the names that their tokens stand for."""
        jobs = (job_owner(job.name) for job in self.jobs)
        return (*(workload.name for workload in self.workloads), *jobs)

    def running_name(self, workload: Workload) -> str:
        """What its unit, its environment and HAProxy call `workload`: `web`, or `web_b`.

        Two of the one behind the proxy run side by side while the newer takes over. No workload's
        name holds an underscore.
        """
        moved = self.proxy and self.proxy.workload == workload.name and self.proxy.slot != "a"
        return f"{workload.name}_{self.proxy.slot}" if self.proxy and moved else workload.name

    def _check_parts(self) -> None:
        if (self.proxy is None) != (self.health_check is None):
            missing, there = ("health_check", "proxy") if self.proxy else ("proxy", "health_check")
            raise refuse(missing, f"is needed with {there}")
        if self.proxy and not self.web:
            raise refuse("proxy/workload", f"there is no workload {self.proxy.workload!r}")
        if self.proxy and self.health_check and self.proxy.http.denies(self.health_check.path):
            raise refuse("proxy/http/deny_paths", "deny the health check's own path")
        for index, workload in enumerate(self.workloads):
            if (workload.port is not None) != (workload is self.web):
                needed, refused = "is needed behind the proxy", "is for the one behind the proxy"
                problem = needed if workload is self.web else refused
                raise refuse(f"workloads/{index}/port", problem)
            if workload is self.web and check_of(workload):
                raise refuse(f"workloads/{index}/check", "is for workers", cure="health_check")

    def _check_jobs(self) -> None:
        taken = [workload.name for workload in self.workloads]
        _check_names("jobs", "workload or job", [job.name for job in self.jobs], taken)
        check_text("lease_table", self.lease_table)
        if bool(self.jobs) != bool(self.lease_table):
            raise refuse("lease_table", "is needed with jobs, and only with them")

    def _check_ports(self) -> None:
        taken = {self.porterd.port: "porterd/port"}
        claims = [("proxy/port", self.proxy.port)] if self.proxy else []
        if self.proxy and self.proxy.redirect_port is not None:
            claims.append(("proxy/redirect_port", self.proxy.redirect_port))
        for index, workload in enumerate(self.workloads):
            if workload.port is not None:
                claims.append((f"workloads/{index}/port", workload.port))
        for claim, port in claims:
            if port in taken:
                raise refuse(claim, f"{port} is already {taken[port]}", cure="choose another port")
            taken[port] = claim


def _check_names(field_name: str, kind: str, names: list[str], taken: Sequence[str] = ()) -> None:
    for index, name in enumerate(names):
        if name in names[:index] or name in taken:
            raise refuse(f"{field_name}/{index}/name", f"{name!r} is taken by another {kind}")
