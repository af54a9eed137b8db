"""The DynamoDB table in which the hosts of a group agree: who runs a job, who is replaced."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct


def lease_table(scope: Construct) -> dynamodb.Table:
    """Make a table with one item for each job (ADR 0013), and one for replacements (ADR 0040).

    AWS bills its requests only. The stack deletes it: its hosts are gone, too.
    """
    return dynamodb.Table(
        scope,
        "Leases",
        partition_key=dynamodb.Attribute(name="job", type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        removal_policy=RemovalPolicy.DESTROY,
    )


def lease_permission(table: dynamodb.Table) -> iam.PolicyStatement:
    """Allow a host to read the leases in `table`, and to take them by conditional writes."""
    return iam.PolicyStatement(
        actions=["dynamodb:GetItem", "dynamodb:PutItem"], resources=[table.table_arn]
    )
