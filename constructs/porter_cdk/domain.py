"""A service's domain name: the certificate, and the record that points to the load balancer.

Imported only by services with a domain name, because the CDK's modules take long to import.
"""

from __future__ import annotations

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct


def certificate(scope: Construct, name: str, zone: route53.IHostedZone) -> acm.Certificate:
    """Make a certificate for `name`; CloudFormation waits until a record in `zone` validates it."""
    validation = acm.CertificateValidation.from_dns(zone)
    return acm.Certificate(scope, "Certificate", domain_name=name, validation=validation)


def alias(
    scope: Construct, name: str, zone: route53.IHostedZone, balancer: elbv2.ApplicationLoadBalancer
) -> route53.ARecord:
    """Point `name` to `balancer`."""
    target = route53.RecordTarget.from_alias(targets.LoadBalancerTarget(balancer))
    # With a dot at its end the CDK takes the name as it is; else it compares it with the zone's.
    return route53.ARecord(scope, "Alias", zone=zone, record_name=f"{name}.", target=target)
