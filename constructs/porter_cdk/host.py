"""An Auto Scaling group of EC2 hosts that run porterd, and the release that they signal."""

from __future__ import annotations

from typing import Unpack

import jsii
from aws_cdk import CfnOutput, CfnWaitCondition, CfnWaitConditionHandle, Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from porter.spec import SCHEMA, Deployment, Proxy
from porter_cdk import (
    assets,
    auto_scaling_group,
    lifecycle_hooks,
    naming,
    network,
    release,
    user_data,
)
from porter_cdk.arguments import Arguments, check_keywords, check_types
from porter_cdk.build_target import note_python
from porter_cdk.capacity import Capacity, carry_over
from porter_cdk.front import Front
from porter_cdk.host_props import DEFAULTS, Contents, HostProps
from porter_cdk.image import amazon_linux, note_platform
from porter_cdk.instances import Instances
from porter_cdk.job import grant_events
from porter_cdk.launch_template import launch_template
from porter_cdk.leases import lease_permission, lease_table
from porter_cdk.program import WEB, Program
from porter_cdk.roles import (
    asset_policy,
    check_policies,
    host_role,
    lifecycle_permissions,
    service_role,
)
from porter_cdk.tokens import DeployTimeValues


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class PorterHost(Construct):
    """An Auto Scaling group of EC2 hosts. CloudFormation waits until they are healthy.

    `PorterService` makes a `PorterHost`, or runs on the one that it is given. A `PorterHost` alone
    is healthy when porterd runs. Customize its parts through its attributes until the end of
    synthesis. A change that replaces hosts also gets a new release name.
    """

    __signature__ = Arguments(DEFAULTS)

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the CDK's name
        **host_props: Unpack[HostProps],
    ) -> None:
        """Make the hosts. Every property has a default.

        Raises `SpecError` for properties that contradict each other, and `PorterError` if this
        installation of porter lacks its bundle.
        """
        check_keywords(PorterHost, host_props)
        check_types(PorterHost, host_props)
        props = DEFAULTS | host_props
        super().__init__(scope, id)
        instances = Instances.of(props)
        kind = instances.types[0]
        note_platform(self, kind)
        note_python(self, props.get("python"), props.get("packages"))
        self._user_data = ""
        self._asset_reads = iam.PolicyDocument()
        self._bundle = assets.bundle(self)
        self._timeout = props.get("timeout") or Duration.minutes(15)
        capacity = Capacity.of(props)
        self.environment_name: str = props.get("environment_name") or naming.environment_name(self)
        self.lease_table = lease_table(self)
        self.has_jobs = bool(props.get("jobs"))
        self._contents = Contents(
            self.node.path,
            props,
            timeout=self._timeout,
            lease_table=self.lease_table.table_name,
            spare=capacity.spare,
        )

        self.vpc: ec2.IVpc = props.get("vpc") or network.shared_vpc(self)
        self.security_group = network.host_security_group(self, self.vpc)
        self.role = host_role(self)
        self.asset_policy = asset_policy(self, self.role, self._asset_reads)
        self.service_role = service_role(self, self.role)
        self._contents.bind(self, self.role, self._asset_reads)
        if splunk := props.get("splunk"):
            splunk.bind(self, self.role, self._asset_reads, self.security_group)
        if self.has_jobs:
            grant_events(self.role)
        self.instance_profile = iam.InstanceProfile(self, "InstanceProfile", role=self.role)
        self.wait_handle = CfnWaitConditionHandle(self, "WaitHandle")
        subnets = props.get("vpc_subnets") or network.host_subnets(self.vpc)
        self.launch_template = launch_template(
            self,
            public=network.selected(self.vpc, subnets).has_public,
            image=props.get("machine_image") or amazon_linux(self, kind),
            instance_type=kind,
            profile=self.instance_profile,
            security_group=self.security_group,
            root_device_name=props["root_device_name"],
            user_data=lambda: self._user_data,
        )
        self.auto_scaling_group = auto_scaling_group.new(
            self,
            vpc=self.vpc,
            vpc_subnets=subnets,
            launch_template=self.launch_template,
            security_group=self.security_group,
            profile=self.instance_profile,
            capacity=capacity,
            instances=instances,
            timeout=self._timeout,
        )
        resource = auto_scaling_group.resource(self.auto_scaling_group)
        carry_over(self, resource, capacity)
        # The roles include everything that the app grants them later.
        self.auto_scaling_group.node.add_dependency(
            self.role, self.service_role, self.asset_policy, self.security_group
        )
        self.wait_condition = self._wait_for(capacity.healthy)
        self.release = CfnOutput(
            self, "Release", value="", description="Changes whenever hosts are replaced"
        )
        release.at_the_end(self.release, self._finish)

    @property
    def connections(self) -> ec2.Connections:
        """The hosts' connections: `database.connections.allow_default_port_from(host)`."""
        return self.security_group.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The role of the programs, which receives every `grant_*` to the host."""
        return self.service_role.grant_principal

    def run(self, name: str, program: Program, front: Front) -> Proxy:
        """Run `program` as the service `name`; return the HAProxy in front of it.

        `PorterService` calls this. Raises `SpecError` if the host runs a service already, or if
        two ports clash.
        """
        if front.tls:
            front.tls.grant(self, self.role)
        bound = program.bind(self, WEB, self.role)
        return self._contents.serve(name, bound, front)

    def register(self, target_group: elbv2.ApplicationTargetGroup, listener: IConstruct) -> None:
        """Add the hosts to `target_group`; launch them after `listener`.

        `listener` is what forwards to the target group: a listener or a rule. Without it, no check
        makes a target healthy, and hosts would wait in vain (ADR 0039).
        """
        auto_scaling_group.register(self.auto_scaling_group, target_group)
        self.auto_scaling_group.node.add_dependency(listener)

    def _wait_for(self, hosts: int) -> CfnWaitCondition:
        """Make the wait condition, which begins when the group does (ADR 0039).

        Its name changes with each release: nothing may refer to it.
        """
        condition = CfnWaitCondition(
            self,
            "WaitCondition",
            handle=self.wait_handle.ref,
            count=hosts,
            timeout=str(int(self._timeout.to_seconds())),
        )
        # Not the group: CloudFormation waits an hour for its hosts, and would hear no FAILURE.
        condition.node.add_dependency(self.launch_template)
        return condition

    def _finish(self) -> None:
        """Render the user data and name the release, at the end of synthesis."""
        # What the group waits for, the app's own additions included.
        group = auto_scaling_group.resource(self.auto_scaling_group)
        for scope in (self.auto_scaling_group, group):
            self.wait_condition.node.add_dependency(*scope.node.dependencies)
        for other in group.obtain_dependencies():
            self.wait_condition.node.add_dependency(other)
        values = DeployTimeValues(self)
        spec = self._contents.spec(
            values,
            environment_name=values.text("environment_name", self.environment_name),
            service_role=values.text("service_role", self.service_role.role_arn),
        )
        payload = assets.payload_of(self, spec, self._contents.parts())
        objects = [self._bundle.object_arn, payload.object_arn]
        target_groups = auto_scaling_group.target_groups(self.auto_scaling_group)
        self._asset_reads.add_statements(
            iam.PolicyStatement(actions=["s3:GetObject"], resources=objects),
            *lifecycle_permissions(target_groups),
            lease_permission(self.lease_table),
        )
        check_policies(self.role, self.asset_policy)
        stack = Stack.of(self)
        deployment = Deployment(
            schema=SCHEMA,
            region=stack.region,
            stack_id=stack.stack_id,
            handle_url=self.wait_handle.ref,
            bundle=self._bundle.location,
            payload=payload.location,
            domain=stack.url_suffix,
            target_groups=target_groups,
            hook_seconds=lifecycle_hooks.launch_seconds(
                auto_scaling_group.resource(self.auto_scaling_group), self.launch_template
            ),
        )
        encoded = list(values.encoded().values())
        self._user_data = user_data.render(deployment, encoded, self._contents.packages)
        user_data.check_size(
            stack.resolve(self._user_data),
            {"bootstrap": user_data.loader()[-1], **stack.resolve(values.encoded())},
            {stack.resolve(self.wait_handle.ref)["Ref"]: user_data.HANDLE_URL},
        )
        self._name_release()

    def _name_release(self) -> None:
        """Put the release into the ids of what each release makes anew (ADR 0024)."""
        # Checked only now: the CDK resolves the user data of the template once.
        auto_scaling_group.check(self.auto_scaling_group, self.launch_template, self._timeout)
        self.launch_template.check()
        group = auto_scaling_group.resource(self.auto_scaling_group)
        name = release.name(self.launch_template, group, self.wait_condition)
        policy = self.asset_policy
        release.mark(
            name, self.wait_handle, self.wait_condition, self.launch_template, group, policy
        )
        policy.policy_name = f"{policy.policy_name}-{name}"
        self.release.value = name
