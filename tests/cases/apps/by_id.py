"""A service in a VPC, subnets and a zone that the app names by their ids."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "ById")
vpc = ec2.Vpc.from_vpc_attributes(
    stack,
    "Vpc",
    vpc_id="vpc-0123456789abcdef0",
    vpc_cidr_block="10.20.0.0/16",
    availability_zones=["us-east-1a", "us-east-1b"],
    public_subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
)
zone = route53.HostedZone.from_hosted_zone_attributes(
    stack, "Zone", hosted_zone_id="Z0123456789ABC", zone_name="example.com"
)
service = PorterService(
    stack,
    "Service",
    vpc=vpc,
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
)
alias = route53.RecordTarget.from_alias(targets.LoadBalancerTarget(service.load_balancer))
route53.ARecord(stack, "Alias", zone=zone, target=alias)
app.synth()
