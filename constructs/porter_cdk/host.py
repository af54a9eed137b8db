"""A group of EC2 hosts that run porterd, and the release they signal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jsii
from aws_cdk import CfnOutput, CfnWaitCondition, CfnWaitConditionHandle, Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import SCHEMA, Deployment, Proxy
from porter_cdk import (
    assets,
    group,
    leases,
    live_capacity,
    naming,
    network,
    release,
    user_data,
    user_data_size,
)
from porter_cdk.capacity import Capacity
from porter_cdk.cloudwatch import CloudWatchAgent
from porter_cdk.contents import WEB, Contents
from porter_cdk.front import Front
from porter_cdk.image import amazon_linux, note_platform
from porter_cdk.job import Job
from porter_cdk.launch_template import launch_template
from porter_cdk.program import Program
from porter_cdk.roles import host_role, service_role
from porter_cdk.rollout import Rollout
from porter_cdk.setup import Setup
from porter_cdk.splunk import SplunkForwarder
from porter_cdk.tokens import DeployTimeValues


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class PorterHost(Construct):
    """A group of EC2 hosts that run porterd; CloudFormation waits until they are healthy.

    Alone it runs no service, and a host is healthy when porterd serves. `PorterService` makes one
    of these, or adds itself to the one it is given. The parts are attributes, to be customized
    until the end of synthesis: what replaces hosts also renames the release.
    """

    def __init__(  # noqa: PLR0913 - a construct's properties
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the CDK's name
        *,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        instance_type: ec2.InstanceType | None = None,
        machine_image: ec2.IMachineImage | None = None,
        root_device_name: str = "/dev/xvda",
        packages: Sequence[str] | None = None,
        setup: Sequence[Setup] = (),
        workers: Mapping[str, Program] | None = None,
        security_updates: bool = True,
        jobs: Mapping[str, Job] | None = None,
        environment_name: str | None = None,
        min_capacity: int = 1,
        max_capacity: int | None = None,
        desired_capacity: int | None = None,
        min_healthy: int | None = None,
        timeout: Duration | None = None,
        rollout: Rollout | None = None,
        splunk: SplunkForwarder | None = None,
        cloudwatch: CloudWatchAgent | None = None,
    ) -> None:
        """Make the hosts; every property has a default.

        vpc: where they live. Default: a small public VPC that all services of the stack share.
        vpc_subnets: default: private subnets with a way to the Internet, else public ones.
        instance_type: default t3.small: 2 GB, so that packages install beside a running service,
            and x86-64, which runs whatever a team has built.
        machine_image: default Amazon Linux 2023. Another one needs cloud-init and Python 3.
        root_device_name: what the image calls its root disk.
        packages: what cloud-init installs before porter starts, by the image's own names.
            Default: python3.11; the rest is `porter host apply`'s to install.
        setup: what is run once on every new host, in this order, before the service starts.
        workers: programs beside the service, by name: they listen nowhere, and are to stay up.
        jobs: what one host of the group runs on a schedule, by name.
        environment_name: what programs find in `PORTER_ENVIRONMENT`. Default: the name of the CDK
            stage, or of the stack where there is no stage.
        security_updates: whether a new host installs those of its distribution before anything of
            yours runs. If they cannot be had the host tells, and goes on.
        min_capacity, max_capacity: ends of the group's size. Defaults: 1, and the minimum.
        desired_capacity: resets the group's size on every deployment. Default: leave it alone;
            a new group begins with min_capacity, or with as many as serve now (`porter deploy`).
        min_healthy: hosts that must become healthy for a release to succeed. Default: min_capacity.
        timeout: how long they may take. Default: 15 minutes, at most 12 hours.
        rollout: how changed hosts take over. Default: `Rollout.replacing()`.
        splunk: sends the host's logs to Splunk.
        cloudwatch: sends its logs and metrics to CloudWatch.

        Raises `SpecError` for properties that contradict each other, and `PorterError` where
        porter was installed without its bundle.
        """
        super().__init__(scope, id)
        kind = instance_type or ec2.InstanceType("t3.small")
        note_platform(self, kind)
        self._packages = packages
        self._user_data = ""
        self._asset_reads = iam.PolicyDocument()
        self._bundle = assets.bundle(self)
        self._timeout = timeout or Duration.minutes(15)
        capacity = Capacity.of(min_capacity, max_capacity, desired_capacity, min_healthy)
        self.environment_name: str = environment_name or naming.environment_name(self)
        self.lease_table = leases.lease_table(self) if jobs else None
        self._contents = Contents(
            self.node.path,
            timeout_seconds=int(self._timeout.to_seconds()),
            setup=tuple(setup),
            workers=workers or {},
            splunk=splunk,
            security_updates=security_updates,
            jobs=jobs or {},
            lease_table=self.lease_table.table_name if self.lease_table else "",
            cloudwatch=cloudwatch,
        )

        self.vpc: ec2.IVpc = vpc or network.shared_vpc(self)
        self.security_group = network.host_security_group(self, self.vpc)
        self.role = host_role(self, self._asset_reads)
        self.service_role = service_role(self, self.role)
        self._contents.bind(self, self.role)
        if splunk:
            splunk.bind(self, self.role, self.security_group)
        if self.lease_table:
            leases.grant(self.role, self.lease_table)
        self.instance_profile = iam.InstanceProfile(self, "InstanceProfile", role=self.role)
        self.wait_handle = CfnWaitConditionHandle(self, "WaitHandle")
        self.launch_template = launch_template(
            self,
            image=machine_image or amazon_linux(self, kind),
            instance_type=kind,
            profile=self.instance_profile,
            security_group=self.security_group,
            root_device_name=root_device_name,
            user_data=lambda: self._user_data,
        )
        self.auto_scaling_group = group.auto_scaling_group(
            self,
            vpc=self.vpc,
            vpc_subnets=vpc_subnets or network.host_subnets(self.vpc),
            launch_template=self.launch_template,
            capacity=capacity,
            grace_period=self._timeout,
            rollout=rollout or Rollout.replacing(),
        )
        resource = group.resource(self.auto_scaling_group)
        live_capacity.carry_over(self, resource, capacity)
        # With whatever is granted later.
        self.auto_scaling_group.node.add_dependency(self.role, self.service_role)
        self.wait_condition = self._wait_for(capacity.healthy)
        self.release = CfnOutput(
            self, "Release", value="", description="Changes whenever hosts are replaced"
        )
        release.at_the_end(self.release, self._finish)

    @property
    def connections(self) -> ec2.Connections:
        """The hosts' network connections: `database.connections.allow_default_port_from(host)`."""
        return self.security_group.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """Who gets what is granted to the host: the role of its workloads."""
        return self.service_role.grant_principal

    def run(self, name: str, program: Program, front: Front) -> Proxy:
        """Run `program` as the service `name`; the answer is the HAProxy in front of it.

        Called by `PorterService`. Raises `SpecError` where another service runs, or ports clash.
        """
        front.bind(self, self.role)
        bound = program.bind(self, WEB, self.role)
        return self._contents.serve(name, bound, front)

    def register(
        self, target_group: elbv2.ApplicationTargetGroup, listener: elbv2.ApplicationListener
    ) -> None:
        """Put the hosts into `target_group`, and wait for the release until `listener` is there."""
        group.resource(self.auto_scaling_group).target_group_arns = [target_group.target_group_arn]
        self.wait_condition.node.add_dependency(listener)

    def _wait_for(self, hosts: int) -> CfnWaitCondition:
        """Nothing may depend on the condition: its name changes with every release."""
        condition = CfnWaitCondition(
            self,
            "WaitCondition",
            handle=self.wait_handle.ref,
            count=hosts,
            timeout=str(int(self._timeout.to_seconds())),
        )
        condition.node.add_dependency(self.auto_scaling_group)
        return condition

    def _finish(self) -> None:
        """Everything that depends on the final specification."""
        group.check_name(self.auto_scaling_group)
        group.check_tags(self.auto_scaling_group)
        group.check_update_policy(self.auto_scaling_group)
        values = DeployTimeValues(self)
        spec = self._contents.spec(
            values,
            environment_name=values.text("environment_name", self.environment_name),
            service_role=values.text("service_role", self.service_role.role_arn),
        )
        payload = assets.payload_of(self, spec, self._contents.parts())
        objects = [self._bundle.object_arn, payload.object_arn]
        self._asset_reads.add_statements(
            iam.PolicyStatement(actions=["s3:GetObject"], resources=objects)
        )
        stack = Stack.of(self)
        deployment = Deployment(
            schema=SCHEMA,
            region=stack.region,
            stack_id=stack.stack_id,
            handle_url=self.wait_handle.ref,
            bundle=self._bundle.location,
            payload=payload.location,
        )
        packages = ["python3.11"] if self._packages is None else self._packages
        self._user_data = user_data.render(deployment, list(values.encoded().values()), packages)
        self._check_size(values)
        self._name_release()

    def _check_size(self, values: DeployTimeValues) -> None:
        stack = Stack.of(self)
        user_data_size.check(
            stack.resolve(self._user_data),
            {"bootstrap": user_data.loader()[-1], **stack.resolve(values.encoded())},
            {stack.resolve(self.wait_handle.ref)["Ref"]: user_data_size.HANDLE_URL},
        )

    def _name_release(self) -> None:
        """Rename handle and condition: only a new condition waits again (ADR 0007)."""
        stack = Stack.of(self)
        made = group.resource(self.auto_scaling_group)
        name = release.name(self.launch_template, made, self.wait_condition)
        for element in (self.wait_handle, self.wait_condition):
            element.override_logical_id(f"{stack.resolve(element.logical_id)}{name}")
        self.release.value = name
