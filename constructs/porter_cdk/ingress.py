"""The arguments of a `PorterService` that lead clients to it, and what contradicts what."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Stack, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from porter.spec import SpecError
from porter_cdk.host_props import HostProps
from porter_cdk.late import ICertificate, IHostedZone

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN_NAME = re.compile(rf"({_LABEL}\.)+{_LABEL}", re.IGNORECASE)
"""A name that both a certificate and a record accept (ACM API Reference, "RequestCertificate")."""


_LARGEST = 50_000
"""The largest priority of a rule (ELB API Reference, "CreateRule")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingress:
    """How clients reach a service: at a load balancer of its own, or by a rule of `listener`.

    Raises `SpecError`, which names the argument, for arguments that contradict each other.
    """

    certificate: ICertificate | None = None
    domain_name: str | None = None
    domain_zone: IHostedZone | None = None
    redirect_http: bool = False
    ssl_policy: elbv2.SslPolicy | None = None
    public_load_balancer: bool = True
    listener: elbv2.IApplicationListener | None = None
    conditions: Sequence[elbv2.ListenerCondition] = ()
    priority: int | None = None

    def __post_init__(self) -> None:
        if self.listener is not None:
            self._check_rule(self.listener)
            return
        for name, given in (
            ("conditions", bool(self.conditions)),
            ("priority", self.priority is not None),
        ):
            if given:
                raise SpecError(
                    "belongs to a rule of an existing listener", where=name, cure="pass listener="
                )
        self._check_certificate()
        self._check_domain()
        if not self.https:
            self._check_plain()

    @property
    def https(self) -> bool:
        """Whether the load balancer of the service itself listens for HTTPS."""
        return self.certificate is not None or self.domain_zone is not None

    @property
    def shared_target_group(self) -> str:
        """The id of the target group behind `listener`, which differs for each listener.

        A target group belongs to one load balancer, so that a service which moves needs another. A
        listener's ARN can be a token; then its path stands for it.
        """
        assert self.listener  # noqa: S101 - the caller's choice
        arn = self.listener.listener_arn
        key = self.listener.node.path if Token.is_unresolved(arn) else arn
        return f"SharedTargetGroup{hashlib.sha256(key.encode()).hexdigest()[:8]}"

    def in_its_network(self, props: HostProps) -> HostProps:
        """Return the properties of hosts, in the network of the load balancer of `listener`.

        Raises `SpecError` if that network is not known.
        """
        if self.listener is None or props.get("vpc"):
            return props
        if vpc := self._vpc():
            return props | {"vpc": vpc}
        raise SpecError(
            "is missing: an imported listener does not tell its network",
            where="vpc",
            cure="pass the load balancer's network: vpc=ec2.Vpc.from_lookup(...)",
        )

    def check_network(self, vpc: ec2.IVpc) -> None:
        """Raise `SpecError` if the hosts' `vpc` is not that of the load balancer."""
        other = self._vpc()
        if other is None or other.vpc_id == vpc.vpc_id:
            return
        # One network can be written in two ways, as a token and literally.
        if Token.is_unresolved(other.vpc_id) == Token.is_unresolved(vpc.vpc_id):
            raise SpecError(
                f"the load balancer is in {other.node.path}, the hosts are in {vpc.node.path}: it "
                "cannot reach them",
                where="listener",
                cure="pass the load balancer's network: vpc=...",
            )

    def _vpc(self) -> ec2.IVpc | None:
        """Return the network of the load balancer of `listener`; None if it is not known."""
        known: elbv2.IApplicationLoadBalancer | None
        known = getattr(self.listener, "load_balancer", None)
        return known.vpc if known else None

    def _check_rule(self, listener: elbv2.IApplicationListener) -> None:
        if not hasattr(listener, "listener_arn"):
            raise SpecError(
                f"must be a listener, got {type(listener).__name__}",
                where="listener",
                cure="pass balancer.add_listener(...)",
            )
        if not self.conditions:
            raise SpecError(
                "is empty: the rule would get every request of the listener",
                where="conditions",
                cure='write conditions=[elbv2.ListenerCondition.path_patterns(["/shop*"])]',
            )
        if self.priority is None:
            raise SpecError(
                "is missing: a rule has a number of its own in its listener",
                where="priority",
                cure="write priority=10; the smallest number is tried first",
            )
        if not Token.is_unresolved(self.priority):
            whole = isinstance(self.priority, int) and not isinstance(self.priority, bool)
            if not whole or not 1 <= self.priority <= _LARGEST:
                raise SpecError(
                    f"must be 1-50000, got {self.priority!r}",
                    where="priority",
                    cure="write priority=10; the smallest number is tried first",
                )
        given = {
            "certificate": self.certificate,
            "domain_name": self.domain_name,
            "domain_zone": self.domain_zone,
            "redirect_http": self.redirect_http,
            "ssl_policy": self.ssl_policy,
            "public_load_balancer": not self.public_load_balancer,
        }
        for name, value in given.items():
            if value:
                raise SpecError(
                    "belongs to the listener and its load balancer, which exist",
                    where=name,
                    cure="set it where the listener is made",
                )

    def _check_certificate(self) -> None:
        # A listener's certificate has `certificate_arn` too, but is no construct.
        if self.certificate is not None and not (
            hasattr(self.certificate, "certificate_arn") and hasattr(self.certificate, "node")
        ):
            raise SpecError(
                f"must be a certificate of ACM, got {self.certificate!r}",
                where="certificate",
                cure='pass acm.Certificate.from_certificate_arn(stack, "Certificate", "arn:...")',
            )

    def _check_domain(self) -> None:
        if self.domain_name is None and self.domain_zone is None:
            return
        if self.domain_zone is None:
            raise SpecError(
                "needs the hosted zone for its record",
                where="domain_name",
                cure="pass domain_zone=route53.HostedZone.from_lookup(...). For a name that Route "
                "53 does not keep, pass certificate= alone, and point the name to the output Url",
            )
        if self.domain_name is None:
            raise SpecError(
                "needs a name for its record",
                where="domain_zone",
                cure='write domain_name="shop.example.com"',
            )
        zone = _name(self.domain_zone)
        if Token.is_unresolved(self.domain_name):
            return
        if not _DOMAIN_NAME.fullmatch(self.domain_name):
            raise SpecError(
                f"must be a name such as 'shop.example.com', got {self.domain_name!r}",
                where="domain_name",
            )
        if not Token.is_unresolved(zone) and not _is_below(self.domain_name, zone):
            raise SpecError(
                f"{self.domain_name!r} is not in the zone {zone!r}",
                where="domain_name",
                cure=f"write a name that ends in {zone!r}, or pass its own zone",
            )
        if self.certificate is None and _is_private(self.domain_zone):
            raise SpecError(
                "is private: AWS cannot see the record that would validate a certificate",
                where="domain_zone",
                cure="pass certificate= as well",
            )

    def _check_plain(self) -> None:
        for name, value in (
            ("redirect_http", self.redirect_http),
            ("ssl_policy", self.ssl_policy),
        ):
            if value:
                raise SpecError(
                    "needs a load balancer with HTTPS",
                    where=name,
                    cure="pass certificate=, or domain_name= and domain_zone=",
                )


def _is_below(name: str, zone: str) -> bool:
    """Return whether `name` is `zone` or below it, whatever their case."""
    return f".{name}".lower().endswith(f".{zone}".lower().rstrip("."))


def _is_private(zone: IHostedZone) -> bool:
    from aws_cdk import aws_route53 as route53  # noqa: PLC0415 - imported by the zone's maker

    made = zone.node.default_child
    if isinstance(made, route53.CfnHostedZone) and Stack.of(zone).resolve(made.vpcs):
        return True
    return isinstance(zone, route53.PrivateHostedZone)


def _name(zone: IHostedZone) -> str:
    """Return the zone's name. Raises `SpecError` if it has none."""
    try:
        return zone.zone_name
    except RuntimeError as error:  # of `HostedZone.from_hosted_zone_id`
        raise SpecError(
            "has no name: an id alone does not tell it",
            where="domain_zone",
            cure="pass route53.HostedZone.from_hosted_zone_attributes(..., zone_name=...), or "
            "from_lookup(...)",
        ) from error
