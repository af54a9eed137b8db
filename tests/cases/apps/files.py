"""A file system that hosts may mount, with a backup plan."""

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Files")
vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
file_system = efs.FileSystem(
    stack,
    "FileSystem",
    vpc=vpc,
    vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
    removal_policy=cdk.RemovalPolicy.DESTROY,
)
file_system.add_access_point("Data", path="/data")
plan = backup.BackupPlan.daily35_day_retention(stack, "Plan")
plan.add_selection("All", resources=[backup.BackupResource.from_efs_file_system(file_system)])
service = PorterService(
    stack,
    "Service",
    vpc=vpc,
    run=Process(
        ["python3", "main.py"],
        source="service",
        port=8000,
        environment={"FILES": file_system.file_system_id},
    ),
    health_check=HealthCheck("/health"),
)
file_system.connections.allow_default_port_from(service)
app.synth()
