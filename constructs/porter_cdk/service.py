"""A service: a program on hosts, behind a load balancer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import jsii
from aws_cdk import CfnOutput
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import HealthCheck, Http, SpecError
from porter_cdk import load_balancer, network
from porter_cdk.arguments import Arguments, check_keywords
from porter_cdk.front import Front
from porter_cdk.host import PorterHost
from porter_cdk.host_props import DEFAULTS, HostProps
from porter_cdk.naming import service_name
from porter_cdk.program import Program
from porter_cdk.tls import Tls


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class PorterService(Construct):
    """A program on EC2 hosts behind a load balancer; a deployment succeeds when it is healthy."""

    __signature__ = Arguments(DEFAULTS)

    def __init__(  # noqa: PLR0913 - a construct's properties
        self,
        scope: Construct,
        id: str,  # noqa: A002 - the CDK's name
        *,
        run: Program,
        health_check: HealthCheck | None = None,
        drain_seconds: int = 30,
        http: Http | None = None,
        tls: Tls | None = None,
        host: PorterHost | None = None,
        certificates: Sequence[elbv2.IListenerCertificate] = (),
        internet_facing: bool = True,
        **host_props: Unpack[HostProps],
    ) -> None:
        """Run `run` on hosts of its own, or on `host`.

        run: the program. It answers on its port, on loopback or all addresses.
        health_check: how porterd and the load balancers judge it. Default: `GET /health` is 200.
        drain_seconds: when a running host takes up a newer payload, how long what is still
            connected to the old process may last.
        http: what HAProxy does before the service sees a request. Default: `Http()`, little.
        tls: the certificate that hosts answer the load balancer with. Default: plain HTTP.
        host: the hosts to run on, one service each. Default: a new `PorterHost`, made with the
            remaining properties.
        certificates: with any, the service listens on 443 for HTTPS, else on 80 for HTTP.
        internet_facing: whether the load balancer has a public address.

        Raises `SpecError` for properties that contradict each other.
        """
        check_keywords(PorterService, host_props)
        super().__init__(scope, id)
        if host and host_props:
            raise SpecError(
                f"belong to the host: {', '.join(sorted(host_props))}",
                where="host",
                cure="pass them to PorterHost",
            )
        check = health_check or HealthCheck()
        front = Front(health_check=check, drain_seconds=drain_seconds, http=http or Http(), tls=tls)
        if front.http.redirect_to_https and not certificates:
            raise SpecError(
                "needs a load balancer that speaks HTTPS",
                where="http/redirect_to_https",
                cure="pass certificates=[...]",
            )
        self.host = host or PorterHost(self, "Host", **host_props)
        proxy = self.host.run(service_name(self.node.path), run, front)
        vpc = self.host.vpc
        self.load_balancer_security_group = network.load_balancer_security_group(
            self, vpc, proxy.port
        )
        network.allow(self.host.security_group, self.load_balancer_security_group, proxy.port)
        self.load_balancer = load_balancer.load_balancer(
            self, vpc, self.load_balancer_security_group, internet_facing=internet_facing
        )
        self.target_group = load_balancer.target_group(
            self, vpc, proxy.port, check, secure=tls is not None
        )
        self.listener = load_balancer.listener(self.load_balancer, self.target_group, certificates)
        if front.http.redirect_to_https:
            load_balancer.redirected_listener(self.load_balancer, self.target_group)
        self.host.register(self.target_group, self.listener)
        scheme = "https" if certificates else "http"
        self.url = f"{scheme}://{self.load_balancer.load_balancer_dns_name}"
        CfnOutput(self, "Url", value=self.url)

    @property
    def connections(self) -> ec2.Connections:
        """The network connections of the service's hosts."""
        return self.host.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """Who gets what is granted to the service: the role that its programs act with."""
        return self.host.grant_principal
