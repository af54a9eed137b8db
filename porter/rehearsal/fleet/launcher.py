"""Launch the hosts of one Auto Scaling group from its launch template."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from porter.aws.clients import Clients
from porter.rehearsal.cloud.user_data import read_deployment, read_spec
from porter.rehearsal.faults.hosts import Sabotage
from porter.rehearsal.fleet.auto_scaling import (
    AutoScalingGroup,
    LaunchTemplate,
    read_launch_template,
    zones_of,
)
from porter.rehearsal.fleet.credentials import RoleCredentials
from porter.rehearsal.fleet.failure import RehearsalFailed
from porter.rehearsal.fleet.host import Host, Origin
from porter.rehearsal.fleet.way_out import no_way_out
from porter.rehearsal.machines.api import Launch, Machines
from porter.spec import Deployment, HostSpec, SpecError, ports_of
from porter.spec.tags import check_tag_keys

ChoosePorts = Callable[[Collection[int]], dict[int, int]]
"""Returns where each port moves; ports that stay are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launcher:
    """What the hosts of one Auto Scaling group share."""

    account: str
    aws: Clients
    endpoint: str
    template: LaunchTemplate
    deployment: Deployment
    spec: HostSpec
    tags: Mapping[str, str]
    zones: tuple[str, ...]
    subnets: tuple[str, ...]
    choose_ports: ChoosePorts
    sabotage: Sabotage
    machines: Machines

    def host(self, folder: Path, zone: str, life_cycle: str, instance_type: str) -> Host:
        """Make a host of the group in `folder` and `zone`; the caller starts it.

        Without an `instance_type` it has that of the launch template.

        Raises `RehearsalFailed` if the host would reach nothing: on AWS it could not even report.
        """
        self._require_way_out(zone)
        instance_id = f"i-{secrets.token_hex(9)[:17]}"
        launch = Launch(
            instance_id=instance_id,
            account=self.account,
            region=self.aws.region,
            availability_zone=zone,
            image_id=self.template.image_id,
            instance_type=instance_type or self.template.instance_type,
            life_cycle=life_cycle,
            user_data=self.template.user_data,
            tags=self.tags,
            role_name=self.template.role_name,
            credentials=RoleCredentials(self.aws, self.template.role_arn, instance_id),
            aws_endpoint=self.endpoint,
            ports=self.choose_ports(ports_of(self.spec)),
            metadata_hops=self.template.metadata_hops,
            service=self.spec.service,
        )
        machine = self.machines.machine(self.sabotage.before(launch), folder)
        return Host(
            instance_id=instance_id,
            machine=machine,
            spec=self.spec,
            ports=launch.ports,
            origin=Origin(
                aws=self.aws, deployment=self.deployment, role_name=self.template.role_name
            ),
            packages=launch.other_packages,
            life_cycle=life_cycle,
        )

    def _require_way_out(self, zone: str) -> None:
        # A group without subnets is in the default VPC, which has a way out.
        subnet = dict(zip(self.zones, self.subnets, strict=False)).get(zone)
        assigns = self.template.assigns_address
        if subnet and (problem := no_way_out(self.aws, subnet, assigns_address=assigns)):
            raise RehearsalFailed(f"a host would reach nothing: {problem}")


def launcher(  # noqa: PLR0913 - where it launches, and what
    scaling_group: AutoScalingGroup,
    *,
    account: str,
    aws: Clients,
    endpoint: str,
    choose_ports: ChoosePorts,
    sabotage: Sabotage,
    machines: Machines,
) -> Launcher | None:
    """Return the launcher of `scaling_group`; `None` if its user data is not porter's.

    Raises `PorterError` if the payload differs from what the user data names, and `RehearsalFailed`
    if EC2 would refuse its tags.
    """
    template = read_launch_template(aws, scaling_group)
    deployment = read_deployment(template.user_data)
    if deployment is None:
        return None
    tags = _tags(scaling_group, deployment)
    if template.shows_tags:
        try:
            check_tag_keys(tags)
        except SpecError as error:
            raise RehearsalFailed(str(error)) from error
    return Launcher(
        account=account,
        aws=aws,
        endpoint=endpoint,
        template=template,
        deployment=deployment,
        spec=read_spec(aws, deployment.payload),
        tags=tags,
        zones=tuple(zones_of(aws, scaling_group)),
        subnets=scaling_group.subnets,
        choose_ports=choose_ports,
        sabotage=sabotage,
        machines=machines,
    )


def _tags(scaling_group: AutoScalingGroup, deployment: Deployment) -> dict[str, str]:
    """Return the tags that the Auto Scaling group propagates, and those that AWS adds."""
    _, stack_name, _ = deployment.stack_id.split("/")
    return {
        **scaling_group.tags,
        "aws:autoscaling:groupName": scaling_group.name,
        "aws:cloudformation:stack-id": deployment.stack_id,
        "aws:cloudformation:stack-name": stack_name,
    }
