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

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""What porter runs with, and Amazon Linux 2023 has (AL2023 User Guide, "Python in AL2023")."""

MAX_TIMEOUT_SECONDS = 43_200
"""Longest time-out of a wait condition (CloudFormation, AWS::CloudFormation::WaitCondition)."""

_LONGEST_MARGIN = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Porterd:
    """porterd listens on `port` of the loopback interface."""

    port: int = 3001

    def __post_init__(self) -> None:
        check_port("port", self.port)


def gate_seconds(timeout_seconds: float) -> float:
    """Return how long after its launch a host gives up, so that its reason arrives in time.

    A wait condition of `timeout_seconds` starts earlier, when EC2 is asked for the host. A quarter
    of that time, at most three minutes, is left for launch, boot and the signal's own retries.
    """
    return timeout_seconds - min(_LONGEST_MARGIN, timeout_seconds / 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """One host: its workloads, HAProxy in front of them, and how their health is checked.

    `setup` runs before the workloads, in this order. Proxy and health check come together, for the
    one workload behind the proxy. Every other workload is a worker, which is healthy while it stays
    up or its own check passes. A host without workloads is healthy when porterd serves.
    `timeout_seconds` is the wait condition's time-out: porterd gives up before it. With
    `spare_hosts`, the condition waits for fewer hosts than start, so some may fail.
    Workloads see `environment_name` as `PORTER_ENVIRONMENT` and get credentials of the role whose
    ARN is `service_role`; without it they get none. Hosts decide through the DynamoDB table
    `lease_table` which of them runs a job, and which of them is replaced. `splunk` and `cloudwatch`
    are agents that send logs and metrics. With `security_updates` a host first installs those of
    its distribution. `python`, one of `PYTHONS`, is the version of porter's Python and the
    programs' `python3`; empty is any.
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
    python: str = ""
    jobs: tuple[Job, ...] = ()
    lease_table: Text = ""
    spare_hosts: bool = False

    def __post_init__(self) -> None:
        check_schema(self.schema)
        check_name("service", self.service)
        check_integer("timeout_seconds", self.timeout_seconds, 1, MAX_TIMEOUT_SECONDS)
        check_bool("spare_hosts", self.spare_hosts)
        _check_names("workloads", "workload", [workload.name for workload in self.workloads])
        _check_names("setup", "setup step", [step.name for step in self.setup])
        check_text("environment_name", self.environment_name)
        check_text("service_role", self.service_role)
        check_bool("security_updates", self.security_updates)
        if self.python and self.python not in PYTHONS:
            raise refuse("python", f"must be one of {', '.join(PYTHONS)}, got {self.python!r}")
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
        """Whether a workload or job gets credentials of the service role."""
        return bool(self.service_role and self.credential_names)

    @property
    def credential_names(self) -> tuple[str, ...]:
        """The names that get credentials of the service role; each has a token."""
        jobs = (job_owner(job.name) for job in self.jobs)
        return (*(workload.name for workload in self.workloads), *jobs)

    def running_name(self, workload: Workload) -> str:
        """The name of `workload` in its unit, its environment and HAProxy: `web`, or `web_b`.

        While a newer workload takes over behind the proxy, both run side by side. An underscore
        cannot occur in a workload's own name.
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
                worker = "is for the one behind the proxy; a worker has no port"
                problem = "is needed behind the proxy" if workload is self.web else worker
                raise refuse(f"workloads/{index}/port", problem)
            if workload is self.web and check_of(workload):
                raise refuse(f"workloads/{index}/check", "is for workers: use health_check=")

    def _check_jobs(self) -> None:
        taken = [workload.name for workload in self.workloads]
        _check_names("jobs", "workload or job", [job.name for job in self.jobs], taken)
        check_text("lease_table", self.lease_table)
        if self.jobs and not self.lease_table:
            raise refuse("lease_table", "is needed with jobs")

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
