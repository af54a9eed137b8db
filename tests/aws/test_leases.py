"""Of several hosts that write a lease, one wins; a host reads the latest lease and AWS's time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from porter.aws.leases import LeaseTable
from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from tests.harness.leases import LEASE, lease_table

NEXT = replace(LEASE, token=8, holder="i-b", claim="d", occurrence=1300)


@pytest.fixture
def table(emulator: Emulator) -> Iterator[LeaseTable]:
    """A table without leases."""
    with lease_table(clients(Environment(), emulator.endpoint)) as there:
        yield there


def test_a_job_has_no_lease_at_first(table: LeaseTable) -> None:
    lease, now = table.read("report")
    assert lease is None
    assert abs(now - time.time()) < 60


def test_the_first_of_two_hosts_gets_the_first_lease(table: LeaseTable) -> None:
    assert table.replace(None, LEASE)
    assert not table.replace(None, NEXT)
    assert table.read("report")[0] == LEASE
    assert table.read("other")[0] is None


def test_a_lease_is_replaced_only_as_it_was_read(table: LeaseTable) -> None:
    table.replace(None, LEASE)
    failed = replace(LEASE, state="failed")
    for stale in (replace(LEASE, token=6), failed):
        assert not table.replace(stale, NEXT)
    assert table.replace(LEASE, failed)
    assert not table.replace(LEASE, NEXT)
    assert table.replace(failed, NEXT)
    assert table.read("report")[0] == NEXT


def test_any_other_refusal_is_an_error(emulator: Emulator) -> None:
    missing = LeaseTable(clients(Environment(), emulator.endpoint)["dynamodb"], "Missing")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        missing.replace(None, LEASE)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        missing.read("report")
