"""HTTPS with a domain in a zone of its own, a second name, and a redirect."""

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Domain")
zone = route53.PublicHostedZone(stack, "Zone", zone_name="example.com")
service = PorterService(
    stack,
    "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
    domain_name="shop.example.com",
    domain_zone=zone,
    redirect_http=True,
)
second = acm.Certificate(
    stack,
    "Second",
    domain_name="www.example.com",
    validation=acm.CertificateValidation.from_dns(zone),
)
service.listener.add_certificates(
    "Second", [elbv2.ListenerCertificate.from_certificate_manager(second)]
)
app.synth()
