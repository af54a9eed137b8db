"""The properties of a host, and the host specification that porter makes of them.

A new property is one key of `HostProps` and, where the host must know it, one line of
`Contents.spec` (ADR 0020).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from aws_cdk import Duration
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.packing.payload import Packed
from porter.spec import SCHEMA, HostSpec, Proxy, SpecError, Text
from porter_cdk.cloudwatch import CloudWatchAgent
from porter_cdk.front import Front
from porter_cdk.job import Job
from porter_cdk.naming import service_name
from porter_cdk.program import WEB, Program
from porter_cdk.rollout import Rollout
from porter_cdk.setup import Setup
from porter_cdk.splunk import SplunkForwarder
from porter_cdk.tokens import DeployTimeValues


class HostProps(TypedDict, total=False):
    """The keyword arguments of `PorterHost`. `PorterService` passes them to the host it makes.

    Every property is optional. None stands for the default where a property accepts None.
    """

    vpc: ec2.IVpc | None
    """The network of the hosts. Default: a small public VPC, shared by the stack's services."""
    vpc_subnets: ec2.SubnetSelection | None
    """The subnets of the hosts. Default: private subnets with egress, else public subnets."""
    instance_type: ec2.InstanceType | None
    """The EC2 instance type. Default: t3.small (x86-64, 2 GB)."""
    instance_types: Sequence[ec2.InstanceType] | None
    """Types of one processor, the preferred one first. Default: `instance_type` alone."""
    instances_distribution: autoscaling.InstancesDistribution | None
    """The share of Spot Instances, and how AWS chooses among the types. Default: no Spot."""
    max_instance_lifetime: Duration | None
    """The age at which Auto Scaling replaces a host, 1 to 365 days. Default: no such age."""
    machine_image: ec2.IMachineImage | None
    """The image that hosts boot. Default: Amazon Linux 2023. Needs cloud-init and Python 3."""
    root_device_name: str
    """The image's name for its root disk. Default: `/dev/xvda`."""
    packages: Sequence[str] | None
    """The distribution's packages that cloud-init installs first. Default: `["python3.11"]`."""
    python: Literal["3.11", "3.12", "3.13", "3.14"] | None
    """The `python3` of programs, and porter's; its package is installed. Default: the image's."""
    setup: Sequence[Setup]
    """Commands that run once on every new host, in this order, before programs start."""
    workers: Mapping[str, Program] | None
    """Programs that run beside the service and listen on no port, by name."""
    security_updates: bool
    """Install security updates on new hosts, before setup. A failure is logged. Default: True."""
    jobs: Mapping[str, Job] | None
    """Scheduled jobs, by name. One host runs each occurrence."""
    environment_name: str | None
    """The value of `PORTER_ENVIRONMENT`. Default: the name of the CDK stage, else of the stack."""
    min_capacity: int
    """The smallest number of hosts. Default: 1."""
    max_capacity: int | None
    """The largest number of hosts. Default: the larger of min_capacity and desired_capacity."""
    desired_capacity: int | None
    """Set the number of hosts on every deployment. Default: `porter deploy` keeps the number."""
    min_healthy: int | None
    """The number of hosts that must signal that they are healthy. Default: min_capacity.

    With fewer, a deployment survives a host that breaks, and waits for its replacement.
    """
    timeout: Duration | None
    """The time that hosts have to become healthy, at most 12 hours. Default: 15 minutes.

    Above an hour, Auto Scaling counts hosts before they are healthy, and replaces those that the
    load balancer calls unhealthy.
    """
    rollout: Rollout | None
    """The way in which changed hosts replace running hosts. Default: `Rollout.replacing()`."""
    splunk: SplunkForwarder | None
    """Send the host's logs to Splunk."""
    cloudwatch: CloudWatchAgent | None
    """Send the host's logs and metrics to CloudWatch."""


DEFAULTS = HostProps(root_device_name="/dev/xvda", setup=(), security_updates=True, min_capacity=1)
"""The defaults of the properties that may not be None."""


@dataclass(frozen=True, slots=True)
class _Service:
    name: str
    program: Program
    front: Front


class Contents:
    """The programs, jobs and agents of the host at `path`, and later its service.

    `props` includes `DEFAULTS`. `lease_table` is the name of the DynamoDB table of leases.
    `spare` is whether some of the hosts that a release starts may fail. Raises `SpecError` for
    properties that no host can satisfy.
    """

    def __init__(
        self, path: str, props: HostProps, *, timeout: Duration, lease_table: str, spare: bool
    ) -> None:
        self._path = path
        self._spare = spare
        self._timeout_seconds = int(timeout.to_seconds())
        self._props = props
        self._lease_table = lease_table
        self._workers = dict(props.get("workers") or {})
        self._jobs = dict(props.get("jobs") or {})
        self._cloudwatch = props.get("cloudwatch")
        self._service: _Service | None = None
        if WEB in self._workers:
            raise SpecError(
                f"{WEB!r} is the name of the service's own program",
                where=f"workers/{WEB}",
                cure="rename the worker",
            )
        self.spec(DeployTimeValues())  # refuses bad properties where the user wrote them

    @property
    def packages(self) -> Sequence[str]:
        """The distribution's packages that cloud-init installs before porter runs."""
        packages, python = self._props.get("packages"), self._props.get("python")
        if python is None:
            return ["python3.11"] if packages is None else packages
        return list(dict.fromkeys([f"python{python}", *(packages or ())]))

    def bind(self, scope: Construct, role: iam.IRole, reads: iam.PolicyDocument) -> None:
        """Make the resources of workers, jobs and agents below `scope`; grant them to `role`.

        `reads` is the policy of `role` for the release's objects in S3.
        """
        for name, program in self._workers.items():
            self._workers[name] = program.bind(scope, name, role)
        for name, job in self._jobs.items():
            self._jobs[name] = job.bind(scope, name, role)
        if self._cloudwatch:
            self._cloudwatch = self._cloudwatch.bind(scope, role, reads)

    def serve(self, name: str, program: Program, front: Front) -> Proxy:
        """Add the service `name`, which runs the bound `program`; return its HAProxy.

        Raises `SpecError` if the host runs a service already, or if two ports clash.
        """
        if self._service:
            raise SpecError(
                f"{self._path} runs {self._service.name} already",
                where="host",
                cure="give each service a host of its own",
            )
        self._service = _Service(name, program, front)
        proxy = self.spec(DeployTimeValues()).proxy
        assert proxy  # noqa: S101 - a specification with a service has a proxy
        return proxy

    def spec(
        self, values: DeployTimeValues, *, environment_name: Text = "", service_role: Text = ""
    ) -> HostSpec:
        """Return the host's specification; add its CDK tokens to `values`."""
        props, service, splunk = self._props, self._service, self._props.get("splunk")
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
            setup=tuple(step.step(values, f"setup/{step.name}/") for step in props["setup"]),
            splunk=splunk.splunk(values, "splunk/") if splunk else None,
            cloudwatch=(
                self._cloudwatch.cloudwatch(values, "cloudwatch/") if self._cloudwatch else None
            ),
            environment_name=environment_name,
            service_role=service_role,
            security_updates=props["security_updates"],
            python=props.get("python") or "",
            jobs=tuple(job.job(name, values, f"jobs/{name}/") for name, job in self._jobs.items()),
            lease_table=values.text("lease_table", self._lease_table),
            spare_hosts=self._spare,
        )

    def parts(self) -> dict[str, Packed]:
        """Return the folders of the payload, by name."""
        parts: dict[str, Packed] = {f"setup/{step.name}": step for step in self._props["setup"]}
        parts |= {f"workloads/{name}": program for name, program in self._workers.items()}
        parts |= {f"jobs/{name}": job for name, job in self._jobs.items()}
        if self._service:
            parts[f"workloads/{WEB}"] = self._service.program
        return parts
