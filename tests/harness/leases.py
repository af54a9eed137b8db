"""A table of leases as `PorterHost` makes it, and a lease of a job that runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from porter.aws.clients import Clients
from porter.aws.leases import Lease, LeaseTable
from porter.rehearsal.cloud.assembly import Environment

HOME = Environment(region="eu-west-1")
"""Where the hosts of the tests of porterd are."""

LEASE = Lease(
    job="report",
    occurrence=1000,
    schedule="daily UTC",
    token=7,
    attempt=1,
    holder="i-a",
    claim="c",
    expires=2000,
    state="running",
)
"""Tests change what they are about."""


@contextmanager
def lease_table(aws: Clients, name: str = "Leases") -> Iterator[LeaseTable]:
    """Make the table `name` for the block, without leases."""
    client = aws["dynamodb"]
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "job", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "job", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    try:
        yield LeaseTable(client, name)
    finally:
        client.delete_table(TableName=name)
