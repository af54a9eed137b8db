"""A service: a program on EC2 hosts behind a load balancer."""

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
from porter_cdk.arguments import Arguments, check_keywords, check_types
from porter_cdk.front import Front
from porter_cdk.host import PorterHost
from porter_cdk.host_props import DEFAULTS, HostProps
from porter_cdk.naming import service_name
from porter_cdk.program import Program
from porter_cdk.tls import Tls


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class PorterService(Construct):
    """A program on EC2 hosts behind an Application Load Balancer."""

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
        """Run a program on new hosts, or on `host`.

        run: the program, a `Process` or a `Container`. It listens on its port, on 127.0.0.1 or on
            all addresses.
        health_check: the request with which porterd and the load balancer check the program.
            Default: `GET /health` returns 200.
        drain_seconds: the time that open connections to the old process may last when a running
            host takes a newer payload. Default: 30.
        http: HAProxy's limits, time-outs, redirects and denied paths. Default: `Http()`.
        tls: HAProxy's certificate for the load balancer's connections. Default: plain HTTP.
        host: existing hosts, which run no other service. Default: a new `PorterHost` with the
            host properties below.
        certificates: the load balancer's certificates. With one or more it listens on 443 for
            HTTPS, else on 80 for HTTP. Default: none.
        internet_facing: give the load balancer a public address. Default: True.

        Raises `SpecError` for properties that contradict each other.
        """
        check_keywords(PorterService, host_props)
        own = {"run": run, "health_check": health_check, "http": http, "tls": tls, "host": host}
        check_types(PorterService, own)
        super().__init__(scope, id)
        if host and host_props:
            raise SpecError(
                f"cannot be combined with {', '.join(sorted(host_props))}",
                where="host",
                cure="pass host properties to PorterHost",
            )
        check = health_check or HealthCheck()
        front = Front(health_check=check, drain_seconds=drain_seconds, http=http or Http(), tls=tls)
        if front.http.redirect_to_https and not certificates:
            raise SpecError(
                "needs a load balancer with HTTPS",
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
        self.listener = load_balancer.listener(
            self.load_balancer,
            self.target_group,
            certificates,
            redirect=front.http.redirect_to_https,
        )
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
        """The role of the programs, which receives every `grant_*` to the service."""
        return self.host.grant_principal
