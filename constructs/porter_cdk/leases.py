"""The DynamoDB table with which the hosts of an Auto Scaling group choose who runs a job."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec.job import EVENT_SOURCE


def lease_table(scope: Construct) -> dynamodb.Table:
    """Make a table with one item for each job, billed by request, encrypted with an AWS key.

    The stack deletes its table: the jobs are gone too.
    """
    return dynamodb.Table(
        scope,
        "Leases",
        partition_key=dynamodb.Attribute(name="job", type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        removal_policy=RemovalPolicy.DESTROY,
    )


def grant(role: iam.Role, table: dynamodb.Table) -> None:
    """Let `role` claim runs in `table`, and put porter's events on the default event bus."""
    table.grant(role, "dynamodb:GetItem", "dynamodb:PutItem")
    bus = Stack.of(role).format_arn(service="events", resource="event-bus", resource_name="default")
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["events:PutEvents"],
            resources=[bus],
            conditions={"ForAllValues:StringEquals": {"events:source": EVENT_SOURCE}},
        )
    )
