"""A service in a VPC of the account, whose look-up is committed in `cdk.context.json`."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
env = cdk.Environment(account="123456789012", region="eu-west-1")
stack = cdk.Stack(app, "Context", env=env)
PorterService(
    stack,
    "Service",
    vpc=ec2.Vpc.from_lookup(stack, "Vpc", vpc_id="vpc-0123456789abcdef0"),
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
)
app.synth()
