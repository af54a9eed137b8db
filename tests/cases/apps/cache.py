"""A Redis cache in the service's VPC."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Cache")
vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
group = ec2.SecurityGroup(stack, "CacheGroup", vpc=vpc)
subnets = elasticache.CfnSubnetGroup(
    stack,
    "Subnets",
    description="the cache's subnets",
    subnet_ids=[subnet.subnet_id for subnet in vpc.private_subnets],
)
cache = elasticache.CfnReplicationGroup(
    stack,
    "Redis",
    replication_group_description="sessions",
    engine="redis",
    cache_node_type="cache.t4g.micro",
    num_cache_clusters=1,
    automatic_failover_enabled=False,
    cache_subnet_group_name=subnets.ref,
    security_group_ids=[group.security_group_id],
)
service = PorterService(
    stack,
    "Service",
    vpc=vpc,
    run=Process(
        ["python3", "main.py"],
        source="service",
        port=8000,
        environment={"REDIS": cache.attr_primary_end_point_address},
    ),
    health_check=HealthCheck("/health"),
)
group.connections.allow_from(service, ec2.Port.tcp(6379))
app.synth()
