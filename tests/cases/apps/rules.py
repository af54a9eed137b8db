"""A listener with rules: a redirect, a fixed answer, and a part of the requests elsewhere."""

import aws_cdk as cdk
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Rules")
service = PorterService(
    stack,
    "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
)
paths = elbv2.ListenerCondition.path_patterns
service.listener.add_action(
    "Old",
    priority=10,
    conditions=[paths(["/old/*"])],
    action=elbv2.ListenerAction.fixed_response(410, content_type="text/html", message_body="<b>"),
)
service.listener.add_action(
    "Moved",
    priority=20,
    conditions=[elbv2.ListenerCondition.host_headers(["www.example.com"])],
    action=elbv2.ListenerAction.redirect(host="example.com"),
)
service.listener.add_action(
    "Office",
    priority=30,
    conditions=[elbv2.ListenerCondition.source_ips(["192.0.2.0/24"]), paths(["/admin"])],
    action=elbv2.ListenerAction.forward([service.target_group]),
)
app.synth()
