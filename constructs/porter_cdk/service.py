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
from porter_cdk import display, load_balancer, network
from porter_cdk.alarms import Alarms
from porter_cdk.arguments import Arguments, check_keywords, check_types
from porter_cdk.front import Front
from porter_cdk.host import PorterHost
from porter_cdk.host_props import DEFAULTS, HostProps
from porter_cdk.ingress import Ingress
from porter_cdk.late import ICertificate, IHostedZone
from porter_cdk.load_balancer import OwnLoadBalancer
from porter_cdk.metrics import Metrics
from porter_cdk.naming import service_name
from porter_cdk.program import Program
from porter_cdk.scaling import Scaling
from porter_cdk.tls import Tls


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class PorterService(Scaling, Metrics, Construct):
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
        certificate: ICertificate | None = None,
        domain_name: str | None = None,
        domain_zone: IHostedZone | None = None,
        redirect_http: bool = False,
        ssl_policy: elbv2.SslPolicy | None = None,
        public_load_balancer: bool = True,
        listener: elbv2.IApplicationListener | None = None,
        conditions: Sequence[elbv2.ListenerCondition] = (),
        priority: int | None = None,
        alarms: Alarms | None = None,
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
        certificate: the load balancer's certificate. With one it listens on 443 for HTTPS, else on
            80 for HTTP. Default: made for `domain_name`, if that is given, and validated by DNS.
        domain_name: the name of the service. Its record in `domain_zone` points to the load
            balancer. Default: none.
        domain_zone: the Route 53 zone of `domain_name`. Default: none.
        redirect_http: let the load balancer listen on 80 too, and redirect to HTTPS with 301.
            Default: False.
        ssl_policy: the TLS versions and ciphers of the load balancer. Default: the CDK's
            `SslPolicy.RECOMMENDED_TLS`.
        public_load_balancer: give the load balancer a public address. Default: True.
        listener: an existing listener, of a load balancer that several services share. Default: a
            new load balancer for this service alone.
        conditions: which of that listener's requests this service gets. All must be met.
        priority: the place of this service's rule in that listener, 1 to 50,000. The smallest is
            tried first.
        alarms: what to notify an SNS topic of: too few healthy hosts, errors, slow answers, failed
            jobs. Default: nothing.

        Raises `SpecError` for properties that contradict each other.
        """
        check_keywords(PorterService, host_props)
        own: dict[str, object] = {
            "run": run,
            "health_check": health_check,
            "http": http,
            "tls": tls,
            "host": host,
            "domain_zone": domain_zone,
            "ssl_policy": ssl_policy,
            "conditions": conditions,
            "alarms": alarms,
        }
        check_types(PorterService, own)
        ingress = Ingress(
            certificate=certificate,
            domain_name=domain_name,
            domain_zone=domain_zone,
            redirect_http=redirect_http,
            ssl_policy=ssl_policy,
            public_load_balancer=public_load_balancer,
            listener=listener,
            conditions=conditions,
            priority=priority,
        )
        super().__init__(scope, id)
        if host and host_props:
            raise SpecError(
                f"cannot be combined with {', '.join(sorted(host_props))}",
                where="host",
                cure="pass host properties to PorterHost",
            )
        check = health_check or HealthCheck()
        front = Front(health_check=check, drain_seconds=drain_seconds, http=http or Http(), tls=tls)
        if front.http.redirect_to_https and not (ingress.https or listener):
            raise SpecError(
                "needs a load balancer with HTTPS",
                where="http/redirect_to_https",
                cure="pass certificate=, or domain_name= and domain_zone=",
            )
        self.host = host or PorterHost(self, "Host", **ingress.in_its_network(host_props))
        proxy = self.host.run(service_name(self.node.path), run, front)
        ingress.check_network(self.host.vpc)
        self._own: OwnLoadBalancer | None = None
        secure = tls is not None
        if listener:
            self._share(ingress, listener, proxy.port, check, secure=secure)
        else:
            self._balance(ingress, proxy.port, check, secure=secure)
        balancer = self._own.load_balancer if self._own else None
        self.alarms = alarms.make(self, self, balancer) if alarms else {}
        notified = alarms if self.host.has_jobs else None
        self.failed_jobs = notified.failed_jobs(self) if notified else None

    def __repr__(self) -> str:
        return display.as_text(self)

    def _repr_html_(self) -> str:
        """Return what the service is made of, for a notebook."""
        return display.as_html(self)

    @property
    def connections(self) -> ec2.Connections:
        """The network connections of the service's hosts."""
        return self.host.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The role of the programs, which receives every `grant_*` to the service."""
        return self.host.grant_principal

    @property
    def load_balancer(self) -> elbv2.ApplicationLoadBalancer:
        """The load balancer of this service. Raises `SpecError` if `listener` is shared."""
        return self._alone("load_balancer").load_balancer

    @property
    def load_balancer_security_group(self) -> ec2.SecurityGroup:
        """That load balancer's security group. Raises `SpecError` if `listener` is shared."""
        return self._alone("load_balancer_security_group").security_group

    @property
    def url(self) -> str:
        """The URL of this service. Raises `SpecError` if `listener` is shared."""
        return self._alone("url").url

    def _alone(self, attribute: str) -> OwnLoadBalancer:
        if self._own is None:
            raise SpecError(
                "the service has no load balancer of its own",
                where=f"{self.node.path}/{attribute}",
                cure="use the load balancer that the listener belongs to",
            )
        return self._own

    def _balance(self, ingress: Ingress, port: int, check: HealthCheck, *, secure: bool) -> None:
        """Make a load balancer for this service alone."""
        self._own = own = load_balancer.own(self, self.host.vpc, ingress, port)
        network.allow(self.host.security_group, own.security_group, port)
        self.target_group = load_balancer.target_group(
            self, "TargetGroup", vpc=self.host.vpc, port=port, check=check, secure=secure
        )
        self.listener: elbv2.IApplicationListener = load_balancer.listen(
            self, own.load_balancer, self.target_group, ingress
        )
        self.host.register(self.target_group, self.listener)
        CfnOutput(self, "Url", value=own.url)

    def _share(
        self,
        ingress: Ingress,
        listener: elbv2.IApplicationListener,
        port: int,
        check: HealthCheck,
        *,
        secure: bool,
    ) -> None:
        """Add a rule to an existing listener."""
        network.admit(self.host.security_group, listener, port)
        self.target_group = load_balancer.target_group(
            self,
            ingress.shared_target_group,
            vpc=self.host.vpc,
            port=port,
            check=check,
            secure=secure,
        )
        self.listener = listener
        self.host.register(self.target_group, load_balancer.rule(self, self.target_group, ingress))
