"""The Application Load Balancer in front of the hosts, its listeners and its health check."""

from __future__ import annotations

import math
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from aws_cdk import Duration, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from porter.spec import HealthCheck, SpecError
from porter_cdk import network
from porter_cdk.ingress import Ingress


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLoadBalancer:
    """The load balancer of one service alone, and the URL at which it answers."""

    load_balancer: elbv2.ApplicationLoadBalancer
    security_group: ec2.SecurityGroup
    url: str


def own(scope: Construct, vpc: ec2.IVpc, ingress: Ingress, port: int) -> OwnLoadBalancer:
    """Make a load balancer that drops malformed headers, and the record of its domain name."""
    security_group = network.load_balancer_security_group(scope, vpc, port)
    balancer = elbv2.ApplicationLoadBalancer(
        scope,
        "LoadBalancer",
        vpc=vpc,
        internet_facing=ingress.public_load_balancer,
        security_group=security_group,
        drop_invalid_header_fields=True,
    )
    if ingress.domain_name and ingress.domain_zone:
        from porter_cdk import domain  # noqa: PLC0415 - the CDK's modules take long to import

        domain.alias(scope, ingress.domain_name, ingress.domain_zone, balancer)
    place = ingress.domain_name or balancer.load_balancer_dns_name
    return OwnLoadBalancer(
        load_balancer=balancer,
        security_group=security_group,
        url=f"{'https' if ingress.https else 'http'}://{place}",
    )


def target_group(  # noqa: PLR0913 - what the resource is made of
    scope: Construct,
    id: str,  # noqa: A002 - the CDK's name
    *,
    vpc: ec2.IVpc,
    port: int,
    check: HealthCheck,
    secure: bool,
) -> elbv2.ApplicationTargetGroup:
    """Make the target group of the hosts' HAProxy on `port`, with the service's health check.

    `secure`: connect with TLS. The load balancer accepts any certificate (Elastic Load Balancing,
    "Target groups for your Application Load Balancers").
    """
    protocol = elbv2.ApplicationProtocol.HTTPS if secure else elbv2.ApplicationProtocol.HTTP
    return elbv2.ApplicationTargetGroup(
        scope,
        id,
        vpc=vpc,
        port=port,
        protocol=protocol,
        target_type=elbv2.TargetType.INSTANCE,
        deregistration_delay=Duration.seconds(30),
        health_check=elb_health_check(check, secure=secure),
    )


def elb_health_check(check: HealthCheck, *, secure: bool) -> elbv2.HealthCheck:
    """Round `check` to ELB's limits: whole seconds, interval 5 or more, time-out 2 or more."""
    timeout = max(2, math.ceil(check.timeout_seconds))
    interval = max(5, math.ceil(check.interval_seconds), timeout + 1)
    return elbv2.HealthCheck(
        protocol=elbv2.Protocol.HTTPS if secure else None,
        path=check.path,
        healthy_http_codes=check.codes,
        interval=Duration.seconds(interval),
        timeout=Duration.seconds(timeout),
        healthy_threshold_count=max(2, check.healthy_threshold),
        unhealthy_threshold_count=2,
    )


def listen(
    scope: Construct,
    balancer: elbv2.ApplicationLoadBalancer,
    targets: elbv2.ApplicationTargetGroup,
    ingress: Ingress,
) -> elbv2.ApplicationListener:
    """Listen on 443 for HTTPS with the certificate of `ingress`, or on 80 for HTTP without one.

    A load balancer has one listener on a port, and CloudFormation makes listeners before it deletes
    others. So each port has one logical id, whatever its listener does.
    """
    certificate = ingress.certificate
    if certificate is None and ingress.domain_name and ingress.domain_zone:
        from porter_cdk import domain  # noqa: PLC0415 - as above

        certificate = domain.certificate(scope, ingress.domain_name, ingress.domain_zone)
    if certificate is None:
        return _plain(balancer, elbv2.ListenerAction.forward([targets]))
    if ingress.redirect_http:
        to_https = elbv2.ListenerAction.redirect(port="443", protocol="HTTPS", permanent=True)
        _plain(balancer, to_https)
    return balancer.add_listener(
        "HttpsListener",
        port=443,
        protocol=elbv2.ApplicationProtocol.HTTPS,
        certificates=[elbv2.ListenerCertificate.from_certificate_manager(certificate)],
        ssl_policy=ingress.ssl_policy or elbv2.SslPolicy.RECOMMENDED_TLS,
        default_target_groups=[targets],
    )


def _plain(
    balancer: elbv2.ApplicationLoadBalancer, action: elbv2.ListenerAction
) -> elbv2.ApplicationListener:
    """Listen on 80."""
    http = elbv2.ApplicationProtocol.HTTP
    return balancer.add_listener("Listener", port=80, protocol=http, default_action=action)


_PRIORITIES: WeakKeyDictionary[elbv2.IApplicationListener, dict[int, str]] = WeakKeyDictionary()
"""Which service has which priority in a listener."""


def rule(
    scope: Construct, targets: elbv2.ApplicationTargetGroup, ingress: Ingress
) -> elbv2.ApplicationListenerRule:
    """Forward the requests that meet the conditions of `ingress` from its listener to `targets`.

    Raises `SpecError` if another service's rule of that listener has its priority.
    """
    assert ingress.listener  # noqa: S101 - the caller's choice
    assert ingress.priority  # noqa: S101 - checked by Ingress
    if not Token.is_unresolved(ingress.priority):
        used = _PRIORITIES.setdefault(ingress.listener, {})
        other = used.get(ingress.priority, scope.node.path)
        if other != scope.node.path:  # else the same service of another app
            raise SpecError(
                f"{ingress.priority} is that of {other} in the same listener",
                where="priority",
                cure="write another number; the smallest is tried first",
            )
        used[ingress.priority] = scope.node.path
    return elbv2.ApplicationListenerRule(
        scope,
        "ListenerRule",
        listener=ingress.listener,
        priority=ingress.priority,
        conditions=list(ingress.conditions),
        target_groups=[targets],
    )
