"""A relational database with a rotated secret and a proxy."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Database")
vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
database = rds.DatabaseInstance(
    stack,
    "Db",
    vpc=vpc,
    engine=rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_16),
    instance_type=ec2.InstanceType("t4g.micro"),
    credentials=rds.Credentials.from_generated_secret("shop"),
)
database.add_rotation_single_user()
proxy = database.add_proxy("Proxy", vpc=vpc, secrets=[database.secret])
service = PorterService(
    stack,
    "Service",
    vpc=vpc,
    run=Process(
        ["python3", "main.py"],
        source="service",
        port=8000,
        environment={"DATABASE": proxy.endpoint, "PORT_OF": database.db_instance_endpoint_port},
    ),
    health_check=HealthCheck("/health"),
)
database.connections.allow_from(service, ec2.Port.tcp(5432))
database.secret.grant_read(service)
app.synth()
