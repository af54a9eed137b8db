"""A group of Spot Instances with alarms, which scales, behind a second load balancer."""

import aws_cdk as cdk
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_sns as sns

from porter_cdk import Alarms, HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Scaling")
service = PorterService(
    stack,
    "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
    max_capacity=4,
    instance_types=[ec2.InstanceType("t3.small"), ec2.InstanceType("t3a.small")],
    instances_distribution=autoscaling.InstancesDistribution(
        on_demand_percentage_above_base_capacity=0
    ),
    alarms=Alarms(sns.Topic(stack, "Topic")),
)
group = service.host.auto_scaling_group
group.scale_on_cpu_utilization("Load", target_utilization_percent=50)
group.scale_on_schedule(
    "Morning", schedule=autoscaling.Schedule.cron(hour="8", minute="0"), min_capacity=2
)
balancer = elbv2.NetworkLoadBalancer(stack, "Nlb", vpc=service.host.vpc)
balancer.add_listener("Tcp", port=80).add_targets("Hosts", port=80, targets=[group])
app.synth()
