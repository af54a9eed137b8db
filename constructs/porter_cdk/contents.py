"""All that a host is asked to run, and the specification that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import SCHEMA, HostSpec, Proxy, SpecError, Text
from porter_cdk.cloudwatch import CloudWatchAgent
from porter_cdk.front import Front
from porter_cdk.job import Job
from porter_cdk.naming import service_name
from porter_cdk.program import Program
from porter_cdk.setup import Setup
from porter_cdk.source import Packed
from porter_cdk.splunk import SplunkForwarder
from porter_cdk.tokens import DeployTimeValues

WEB = "web"
"""Name of the workload behind the proxy."""


@dataclass(frozen=True, slots=True)
class _Service:
    name: str
    program: Program
    front: Front


class Contents:
    """What the host at `path` runs: workers from the start, a service once one is added."""

    def __init__(  # noqa: PLR0913 - a host's properties
        self,
        path: str,
        *,
        timeout_seconds: int,
        setup: tuple[Setup, ...],
        workers: Mapping[str, Program],
        security_updates: bool,
        jobs: Mapping[str, Job],
        lease_table: str,
        splunk: SplunkForwarder | None = None,
        cloudwatch: CloudWatchAgent | None = None,
    ) -> None:
        self._path = path
        self._timeout_seconds = timeout_seconds
        self._setup = setup
        self._workers = dict(workers)
        self._splunk = splunk
        self._security_updates = security_updates
        self._jobs = dict(jobs)
        self._lease_table = lease_table
        self._cloudwatch = cloudwatch
        self._service: _Service | None = None
        if WEB in self._workers:
            raise SpecError(
                f"{WEB!r} is the service itself", where=f"workers/{WEB}", cure="rename the worker"
            )
        self.spec(DeployTimeValues())  # what cannot be is refused here

    def bind(self, scope: Construct, role: iam.IRole) -> None:
        """Make what workers and jobs need below the host `scope`, and let its `role` have it."""
        for name, program in self._workers.items():
            self._workers[name] = program.bind(scope, name, role)
        for name, job in self._jobs.items():
            job.bind(scope, name, role)
        if self._cloudwatch:
            self._cloudwatch = self._cloudwatch.bind(scope, role)

    def serve(self, name: str, program: Program, front: Front) -> Proxy:
        """Run `program`, bound already, as the service `name`; the answer is the proxy before it.

        Raises `SpecError` where another service runs, or ports clash.
        """
        if self._service:
            raise SpecError(
                f"{self._path} runs {self._service.name} already",
                where="host",
                cure="give each service a host of its own",
            )
        self._service = _Service(name, program, front)
        proxy = self.spec(DeployTimeValues()).proxy
        assert proxy  # noqa: S101 - a spec with a service has one
        return proxy

    def spec(
        self, values: DeployTimeValues, *, environment_name: Text = "", service_role: Text = ""
    ) -> HostSpec:
        """The specification; its tokens are added to `values`."""
        service = self._service
        web = (service.program.workload(WEB, values),) if service else ()
        workers = (
            program.workload(name, values, f"workers/{name}/")
            for name, program in self._workers.items()
        )
        return HostSpec(
            schema=SCHEMA,
            service=service.name if service else service_name(self._path),
            timeout_seconds=self._timeout_seconds,
            workloads=(*web, *workers),
            health_check=service.front.health_check if service else None,
            proxy=service.front.proxy(WEB, values) if service else None,
            setup=tuple(step.step(values, f"setup/{step.name}/") for step in self._setup),
            splunk=self._splunk.splunk(values, "splunk/") if self._splunk else None,
            cloudwatch=(
                self._cloudwatch.cloudwatch(values, "cloudwatch/") if self._cloudwatch else None
            ),
            environment_name=environment_name,
            service_role=service_role,
            security_updates=self._security_updates,
            jobs=tuple(job.job(name, values, f"jobs/{name}/") for name, job in self._jobs.items()),
            lease_table=values.text("lease_table", self._lease_table),
        )

    def parts(self) -> dict[str, Packed]:
        """The folders of the payload, by name."""
        parts: dict[str, Packed] = {f"setup/{step.name}": step for step in self._setup}
        parts |= {f"workloads/{name}": program for name, program in self._workers.items()}
        parts |= {f"jobs/{name}": job for name, job in self._jobs.items()}
        if self._service:
            parts[f"workloads/{WEB}"] = self._service.program
        return parts
