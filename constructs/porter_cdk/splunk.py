"""The Splunk universal forwarder on hosts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import LogSource, SpecError, Splunk
from porter_cdk.package import Package
from porter_cdk.program import check_list
from porter_cdk.secret import Secret
from porter_cdk.tokens import DeployTimeValues

_PORT = re.compile(r":([0-9]{1,5})\Z")


@dataclass(frozen=True, slots=True)
class SplunkForwarder:
    """The Splunk universal forwarder, installed from your own copy of Splunk's package.

    package: the forwarder's `.deb` or `.rpm`.
    accept_license: True means that you have read and accepted Splunk's license.
    receivers: the addresses of the indexers, `HOST:PORT`.
    deployment_server: the `HOST:PORT` of a server with further configuration. Give one or both.
    inputs: the sources of log lines: `Journal()`, `HaproxyLog()`, `Containers()`,
        `Files("/var/log/x")`. Default: none.
    index: the index that stores the lines. Default: the receiver chooses.
    tls: encrypt the connection. Default: True.
    ca_file: a file on the host with the CA certificates of the receivers. Default: the system's.
    admin_password: the password of the forwarder's user `admin`. Default: no such user.

    Raises `SpecError`, which names the field, for values that no host accepts.
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

    def bind(
        self,
        scope: Construct,
        role: iam.IRole,
        reads: iam.PolicyDocument,
        security_group: ec2.SecurityGroup,
    ) -> None:
        """Let `role` read package and password, and the hosts connect to the receivers.

        `reads` is the policy of `role` for the release's objects in S3.
        """
        self.package.grant(role, reads)
        if self.admin_password:
            self.admin_password.grant(scope, "SplunkPassword", role)
        for port in self._ports():
            security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port), "Splunk")

    def splunk(self, values: DeployTimeValues, below: str = "") -> Splunk:
        """Return the host's form of this forwarder; add its CDK tokens to `values`."""
        check_list("receivers", self.receivers)
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
        """Yield each port once. A host name may be a CDK token, the port after it may not."""
        seen = set()
        for address in (*self.receivers, self.deployment_server):
            found = _PORT.search(address)
            if address and not found:
                raise SpecError(
                    f"must end with a port, got {address!r}",
                    where="splunk/receivers",
                    cure='write f"{load_balancer.load_balancer_dns_name}:9997"',
                )
            if found and int(found[1]) not in seen:
                seen.add(int(found[1]))
                yield int(found[1])
