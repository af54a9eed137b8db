"""A service in a VPC and a zone that exist already, and that no context names."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_ssm as ssm

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
env = cdk.Environment(account="123456789012", region="eu-west-1")
stack = cdk.Stack(app, "Lookups", env=env)
vpc = ec2.Vpc.from_lookup(stack, "Vpc", tags={"team": "shop"})
mode = ssm.StringParameter.value_from_lookup(stack, "/shop/mode")
group = ec2.SecurityGroup.from_lookup_by_name(stack, "Database", "database", vpc)
zone = route53.HostedZone.from_lookup(stack, "Zone", domain_name="example.com")
service = PorterService(
    stack,
    "Service",
    vpc=vpc,
    run=Process(["python3", "main.py"], source="service", port=8000, environment={"MODE": mode}),
    health_check=HealthCheck("/health"),
)
group.connections.allow_from(service, ec2.Port.tcp(5432))
alias = route53.RecordTarget.from_alias(targets.LoadBalancerTarget(service.load_balancer))
route53.ARecord(stack, "Alias", zone=zone, record_name="shop", target=alias)
app.synth()
