"""Functions that a queue and a topic call, with a log retention of the old kind."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Functions")
queue = sqs.Queue(stack, "Queue")
topic = sns.Topic(stack, "Topic")
topic.add_subscription(subscriptions.SqsSubscription(queue))
function = lambda_.Function(
    stack,
    "Consumer",
    runtime=lambda_.Runtime.PYTHON_3_12,
    handler="index.handler",
    code=lambda_.Code.from_inline("def handler(event, context):\n    return len(event)\n"),
    log_retention=logs.RetentionDays.ONE_WEEK,
)
function.add_event_source(sources.SqsEventSource(queue))
service = PorterService(
    stack,
    "Service",
    run=Process(
        ["python3", "main.py"],
        source="service",
        port=8000,
        environment={"TOPIC": topic.topic_arn},
    ),
    health_check=HealthCheck("/health"),
)
topic.grant_publish(service)
app.synth()
