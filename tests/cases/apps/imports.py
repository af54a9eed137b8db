"""A service beside resources that an account has, which the app imports by name and by ARN."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
env = cdk.Environment(account="123456789012", region="eu-west-1")
at = f"{env.region}:{env.account}"
shared = cdk.Stack(app, "Shared", env=env)
ssm.StringParameter(shared, "Mode", parameter_name="/shop/mode", string_value="fast")
iam.Role(shared, "Auditor", role_name="auditor", assumed_by=iam.AccountRootPrincipal())

stack = cdk.Stack(app, "Imports", env=env)
stack.add_dependency(shared)
mode = ssm.StringParameter.value_for_string_parameter(stack, "/shop/mode")
service = PorterService(
    stack,
    "Service",
    run=Process(["python3", "main.py"], source="service", port=8000, environment={"MODE": mode}),
    health_check=HealthCheck("/health"),
)
files = s3.Bucket(stack, "Files")
for name in ("auditor", "deployer"):
    files.grant_read(iam.Role.from_role_name(stack, name.title(), name))
group = iam.Group(stack, "Operators")
files.grant_read(group)
files.grant_read_write(service)

alerts = sns.Topic.from_topic_arn(stack, "Alerts", f"arn:aws:sns:{at}:alerts")
queue = sqs.Queue(stack, "Queue")
alerts.add_subscription(subscriptions.SqsSubscription(queue))
alerts.grant_publish(service)
resize = lambda_.Function.from_function_attributes(
    stack,
    "Resize",
    function_arn=f"arn:aws:lambda:{at}:function:resize",
    same_environment=True,
)
bus = events.EventBus.from_event_bus_name(stack, "Bus", "shop")
pattern = events.EventPattern(source=["shop"])
order = events.Rule(stack, "Order", event_bus=bus, event_pattern=pattern)
order.add_target(targets.LambdaFunction(resize))
logs.MetricFilter(
    stack,
    "Errors",
    log_group=logs.LogGroup.from_log_group_name(stack, "Logs", "/shop/web"),
    filter_pattern=logs.FilterPattern.literal("ERROR"),
    metric_name="errors",
    metric_namespace="shop",
)
app.synth()
