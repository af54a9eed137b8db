"""The table by which the hosts of a group agree on who runs a job."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec.job import EVENT_SOURCE


def lease_table(scope: Construct) -> dynamodb.Table:
    """One item for each job; it is paid for by the request, and encrypted with a key of AWS's.

    It goes with its stack: what it knows is about jobs that are gone then.
    """
    return dynamodb.Table(
        scope,
        "Leases",
        partition_key=dynamodb.Attribute(name="job", type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        removal_policy=RemovalPolicy.DESTROY,
    )


def grant(role: iam.Role, table: dynamodb.Table) -> None:
    """What a host needs to claim a run, and to tell of its outcome, in events of porter's own."""
    table.grant(role, "dynamodb:GetItem", "dynamodb:PutItem")
    bus = Stack.of(role).format_arn(service="events", resource="event-bus", resource_name="default")
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["events:PutEvents"],
            resources=[bus],
            conditions={"ForAllValues:StringEquals": {"events:source": EVENT_SOURCE}},
        )
    )
