"""A VPC as tutorials have it, with NAT, flow logs, a network ACL and a bastion."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Network")
vpc = ec2.Vpc(stack, "Vpc", flow_logs={"All": ec2.FlowLogOptions()})
acl = ec2.NetworkAcl(stack, "Acl", vpc=vpc)
acl.add_entry(
    "Web",
    cidr=ec2.AclCidr.any_ipv4(),
    rule_number=100,
    traffic=ec2.AclTraffic.tcp_port(443),
)
ec2.BastionHostLinux(stack, "Bastion", vpc=vpc)
vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
PorterService(
    stack,
    "Service",
    vpc=vpc,
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
)
app.synth()
