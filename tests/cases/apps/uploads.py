"""A bucket that empties itself, gets files at deployment, and notifies a queue."""

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from aws_cdk import aws_s3_notifications as notifications
from aws_cdk import aws_sqs as sqs

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Uploads")
bucket = s3.Bucket(
    stack, "Bucket", removal_policy=cdk.RemovalPolicy.DESTROY, auto_delete_objects=True
)
queue = sqs.Queue(stack, "Arrived")
bucket.add_event_notification(s3.EventType.OBJECT_CREATED, notifications.SqsDestination(queue))
deployment.BucketDeployment(
    stack,
    "Files",
    sources=[deployment.Source.data("index.txt", "hello")],
    destination_bucket=bucket,
)
service = PorterService(
    stack,
    "Service",
    run=Process(
        ["python3", "main.py"],
        source="service",
        port=8000,
        environment={"BUCKET": bucket.bucket_name},
    ),
    health_check=HealthCheck("/health"),
)
bucket.grant_read_write(service)
app.synth()
