"""Alarms, a dashboard, a rule by the clock, and a call of an API at deployment."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import custom_resources as custom

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Operations")
service = PorterService(
    stack,
    "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
)
topic = sns.Topic(stack, "Alerts")
errors = service.load_balancer.metrics.http_code_target(
    cdk.aws_elasticloadbalancingv2.HttpCodeTarget.TARGET_5XX_COUNT
)
alarm = errors.create_alarm(stack, "Errors", threshold=10, evaluation_periods=3)
alarm.add_alarm_action(actions.SnsAction(topic))
cloudwatch.Dashboard(stack, "Board", widgets=[[cloudwatch.GraphWidget(left=[errors])]])
events.Rule(
    stack,
    "Nightly",
    schedule=events.Schedule.cron(hour="3", minute="0"),
    targets=[targets.SnsTopic(topic)],
)
call = custom.AwsSdkCall(
    service="SSM",
    action="putParameter",
    parameters={"Name": "/shop/release", "Value": "1", "Type": "String"},
    physical_resource_id=custom.PhysicalResourceId.of("release"),
)
custom.AwsCustomResource(
    stack,
    "Release",
    on_create=call,
    policy=custom.AwsCustomResourcePolicy.from_sdk_calls(
        resources=custom.AwsCustomResourcePolicy.ANY_RESOURCE
    ),
)
app.synth()
