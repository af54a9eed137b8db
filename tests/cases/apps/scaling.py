"""A group that scales by load and by the clock, behind a second load balancer."""

import aws_cdk as cdk
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Scaling")
service = PorterService(
    stack,
    "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
    max_capacity=4,
)
group = service.host.auto_scaling_group
group.scale_on_cpu_utilization("Load", target_utilization_percent=50)
group.scale_on_schedule(
    "Morning", schedule=autoscaling.Schedule.cron(hour="8", minute="0"), min_capacity=2
)
balancer = elbv2.NetworkLoadBalancer(stack, "Nlb", vpc=service.host.vpc)
balancer.add_listener("Tcp", port=80).add_targets("Hosts", port=80, targets=[group])
app.synth()
