"""The Splunk universal forwarder, as a user asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import LogSource, SpecError, Splunk
from porter_cdk.package import Package
from porter_cdk.secret import Secret
from porter_cdk.tokens import DeployTimeValues

_PORT = re.compile(r":([0-9]{1,5})\Z")


@dataclass(frozen=True, slots=True)
class SplunkForwarder:
    """The universal forwarder, from the user's own copy of Splunk's `package`.

    `accept_license=True` says that the user has read Splunk's licence and accepts it.
    `receivers` are `host:port` of the indexers, `deployment_server` is that of one which hands out
    further configuration; at least one of the two. `inputs` are what is sent: `Journal()`,
    `HaproxyLog()`, `Containers()`, `Files("/var/log/x")`; `index` is where it is filed, by default
    the receivers' own choice. `tls=False` sends it unencrypted; `ca_file` is a file on the host
    with the authorities that signed the receivers' certificates, by default the system's own.
    `admin_password` is that of the forwarder's user `admin`; without one it has no user.

    Raises `SpecError`, naming the field, for what no host could run.
    """

    package: Package
    accept_license: bool = field(kw_only=True)
    receivers: Sequence[str] = field(default=(), kw_only=True)
    deployment_server: str = field(default="", kw_only=True)
    inputs: Sequence[LogSource] = field(default=(), kw_only=True)
    index: str = field(default="", kw_only=True)
    tls: bool = field(default=True, kw_only=True)
    ca_file: str = field(default="", kw_only=True)
    admin_password: Secret | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        self.splunk(DeployTimeValues())

    def bind(self, scope: Construct, role: iam.IRole, security_group: ec2.SecurityGroup) -> None:
        """Let the hosts have package and password, and reach who gets their lines."""
        self.package.grant(role)
        if self.admin_password:
            self.admin_password.grant(scope, "SplunkPassword", role)
        for port in self._ports():
            security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port), "Splunk")

    def splunk(self, values: DeployTimeValues, below: str = "") -> Splunk:
        """This forwarder as the host will know it; its tokens are added to `values`."""
        if isinstance(self.receivers, str):
            raise _one_string("receivers", self.receivers)
        server = f"{below}deployment_server"
        return Splunk(
            package=self.package.package(values, f"{below}package/"),
            accept_license=self.accept_license,
            receivers=tuple(
                values.text(f"{below}receivers/{i}", one) for i, one in enumerate(self.receivers)
            ),
            deployment_server=values.text(server, self.deployment_server),
            inputs=tuple(self.inputs),
            index=self.index,
            tls=self.tls,
            ca_file=self.ca_file,
            admin_password=(
                self.admin_password.spec(values, f"{below}admin_password")
                if self.admin_password
                else None
            ),
        )

    def _ports(self) -> Iterator[int]:
        """Each once; the host name may be a token, the port after it may not."""
        seen = set()
        for address in (*self.receivers, self.deployment_server):
            found = _PORT.search(address)
            if address and not found:
                raise _no_port(address)
            if found and int(found[1]) not in seen:
                seen.add(int(found[1]))
                yield int(found[1])


def _no_port(address: str) -> SpecError:
    return SpecError(
        f"must end with a port, got {address!r}",
        where="splunk/receivers",
        cure='write f"{load_balancer.load_balancer_dns_name}:9997"',
    )


def _one_string(field_name: str, value: str) -> SpecError:
    return SpecError(f"must be a list, got {value!r}", where=field_name, cure=f'write ["{value}"]')
