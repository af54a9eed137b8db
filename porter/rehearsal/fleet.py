"""Play EC2 Auto Scaling: start a machine for each instance a group wants, and register it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from porter.aws.clients import Clients
from porter.rehearsal import ports
from porter.rehearsal.claims import Claims
from porter.rehearsal.credentials import RoleCredentials
from porter.rehearsal.groups import Group, Template, read_groups, read_template, zones_of
from porter.rehearsal.host import Host
from porter.rehearsal.machine import Launch, ProcessMachine
from porter.rehearsal.sabotage import Sabotage
from porter.rehearsal.userdata import read_deployment, read_spec
from porter.spec import Deployment, HostSpec, ports_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What the hosts of one group share."""

    account: str
    aws: Clients
    group: Group
    template: Template
    spec: HostSpec
    tags: Mapping[str, str]


class Fleet:
    """The hosts of every group in `environments` (account and AWS as seen from it)."""

    def __init__(
        self,
        environments: Iterable[tuple[str, Clients]],
        folder: Path,
        endpoint: str,
        sabotage: Sabotage | None = None,
    ) -> None:
        self._environments = tuple(environments)
        self._folder = folder
        self._endpoint = endpoint
        self._sabotage = sabotage or Sabotage(())
        self._taken: set[int] = set()
        self._claims = Claims()
        self._known: set[tuple[str, str, str]] = set()
        self.hosts: list[Host] = []

    def launch_wanted(self) -> None:
        """Start what groups unknown so far want. Raises `PorterError` if a host cannot be had.

        A group whose user data is not porter's is left alone.
        """
        for account, aws in self._environments:
            for group in read_groups(aws):
                key = (account, aws.region, group.name)
                if key not in self._known and group.launch_template:
                    self._known.add(key)
                    self._launch_group(account, aws, group)

    def observe(self) -> None:
        """Ask every porterd how its service is."""
        for host in self.hosts:
            host.observe()

    def stop(self) -> None:
        """Stop every machine, even if stopping one of them fails."""
        with ExitStack() as stack:
            stack.callback(self._claims.close)
            for host in self.hosts:
                stack.callback(host.machine.stop)

    def _launch_group(self, account: str, aws: Clients, group: Group) -> None:
        template = read_template(aws, group)
        deployment = read_deployment(template.user_data)
        if deployment is None:
            return
        kind = _Kind(
            account=account,
            aws=aws,
            group=group,
            template=template,
            spec=read_spec(aws, deployment.payload),
            tags=_tags(group, deployment),
        )
        zones = zones_of(aws, group)
        for number in range(group.desired_capacity):
            host = self._launch(kind, zones[number % len(zones)])
            for arn in group.target_group_arns:
                aws["elbv2"].register_targets(
                    TargetGroupArn=arn, Targets=[{"Id": host.instance_id}]
                )

    def _launch(self, kind: _Kind, zone: str) -> Host:
        instance_id = f"i-{secrets.token_hex(9)[:17]}"
        launch = Launch(
            instance_id=instance_id,
            account=kind.account,
            region=kind.aws.region,
            availability_zone=zone,
            image_id=kind.template.image_id,
            instance_type=kind.template.instance_type,
            user_data=kind.template.user_data,
            tags=kind.tags,
            role_name=kind.template.role_name,
            credentials=RoleCredentials(kind.aws, kind.template.role_arn, instance_id),
            aws_endpoint=self._endpoint,
            ports=self._choose_ports(kind.spec),
        )
        machine = ProcessMachine(
            self._sabotage.before(launch), self._folder / f"host{len(self.hosts)}"
        )
        host = Host(instance_id=instance_id, machine=machine, spec=kind.spec, ports=launch.ports)
        self.hosts.append(host)  # before it starts: whatever happens, it will be stopped
        machine.start()
        return host

    def _choose_ports(self, spec: HostSpec) -> dict[int, int]:
        """Where the ports of one more host go: none that another host or rehearsal has."""
        wanted = ports_of(spec)
        moved = ports.choose(wanted, self._taken | self._claims.refused(wanted))
        self._taken.update(moved.get(port, port) for port in wanted)
        return moved


def _tags(group: Group, deployment: Deployment) -> dict[str, str]:
    """The group's propagated tags, and those AWS adds by itself."""
    _, stack_name, _ = deployment.stack_id.split("/")
    return {
        **group.tags,
        "aws:autoscaling:groupName": group.name,
        "aws:cloudformation:stack-id": deployment.stack_id,
        "aws:cloudformation:stack-name": stack_name,
    }
