"""The Application Load Balancer in front of the hosts, and its health check."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from porter.spec import HealthCheck


def load_balancer(
    scope: Construct, vpc: ec2.IVpc, security_group: ec2.ISecurityGroup, *, internet_facing: bool
) -> elbv2.ApplicationLoadBalancer:
    """Make a load balancer that drops malformed headers."""
    return elbv2.ApplicationLoadBalancer(
        scope,
        "LoadBalancer",
        vpc=vpc,
        internet_facing=internet_facing,
        security_group=security_group,
        drop_invalid_header_fields=True,
    )


def target_group(
    scope: Construct, vpc: ec2.IVpc, port: int, check: HealthCheck, *, secure: bool
) -> elbv2.ApplicationTargetGroup:
    """Make the target group of the hosts' HAProxy on `port`, with the service's health check.

    `secure`: connect with TLS. The load balancer accepts any certificate (Elastic Load Balancing,
    "Target groups for your Application Load Balancers").
    """
    protocol = elbv2.ApplicationProtocol.HTTPS if secure else elbv2.ApplicationProtocol.HTTP
    return elbv2.ApplicationTargetGroup(
        scope,
        "TargetGroup",
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


def listener(
    balancer: elbv2.ApplicationLoadBalancer,
    targets: elbv2.ApplicationTargetGroup,
    certificates: Sequence[elbv2.IListenerCertificate],
    *,
    redirect: bool,
) -> elbv2.ApplicationListener:
    """Listen on 443 for HTTPS with `certificates`, or on 80 for HTTP without any.

    With `redirect`, listen on 80 too: HAProxy redirects these requests to HTTPS.
    """
    plain = partial(
        balancer.add_listener,
        port=80,
        protocol=elbv2.ApplicationProtocol.HTTP,
        default_target_groups=[targets],
    )
    if not certificates:
        return plain("Listener")
    secure = balancer.add_listener(
        "Listener",
        port=443,
        protocol=elbv2.ApplicationProtocol.HTTPS,
        certificates=list(certificates),
        ssl_policy=elbv2.SslPolicy.RECOMMENDED_TLS,
        default_target_groups=[targets],
    )
    if redirect:
        plain("HttpListener")
    return secure
