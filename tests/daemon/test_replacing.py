"""One host of a group at a time has itself replaced, whoever asks when."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from porter.aws.leases import Lease, LeaseTable
from porter.aws.replacing import LEASE, LEASE_SECONDS
from porter.daemon.replacer import MODULE
from porter.rehearsal.cloud.account import variables
from porter.rehearsal.cloud.emulator import Emulator
from tests.daemon.auto_scaling import Aws
from tests.harness.leases import HOME

HERE, OTHER = "i-0000000000000here", "i-000000000000other"


class Hosts:
    """Hosts that ask, each in a process as on EC2."""

    def __init__(self, emulator: Emulator, aws: Aws) -> None:
        self._environment = {
            **os.environ,
            **variables(HOME, emulator.endpoint),
            "AWS_ENDPOINT_URL_AUTO_SCALING": aws.url,
        }

    def ask(self, instance: str, verb: str = "replace") -> dict[str, Any]:
        """Return the answer to one host."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", MODULE, "eu-west-1", "Leases", instance, verb],
            env=self._environment,
            capture_output=True,
            check=True,
            timeout=60,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
        return {name: value for name, value in answer.items() if value}


@pytest.fixture
def hosts(emulator: Emulator, aws: Aws, table: LeaseTable) -> Hosts:
    """Hosts of a group with that table."""
    assert table
    return Hosts(emulator, aws)


def held(table: LeaseTable) -> Lease:
    """Return the lease."""
    lease, _ = table.read(LEASE)
    assert lease
    return lease


def test_the_first_host_is_unhealthy_and_the_second_waits_until_the_lease_expires(
    hosts: Hosts, table: LeaseTable, aws: Aws
) -> None:
    assert hosts.ask(HERE) == {"unhealthy": True}
    assert aws.health_calls == [(HERE, "Unhealthy", "false")]
    lease = held(table)
    assert (lease.holder, lease.state) == (HERE, "running")
    assert lease.expires - time.time() == pytest.approx(LEASE_SECONDS, abs=30)
    assert hosts.ask(OTHER) == {"holder": HERE}
    assert len(aws.health_calls) == 1
    table.replace(lease, replace(lease, expires=int(time.time()) - 60))
    assert hosts.ask(OTHER) == {"unhealthy": True}
    assert (held(table).holder, aws.health_calls[1:]) == (OTHER, [(OTHER, "Unhealthy", "false")])


def test_a_host_that_asks_again_prolongs_its_lease(hosts: Hosts, table: LeaseTable) -> None:
    hosts.ask(HERE)
    first = held(table)
    table.replace(first, short := replace(first, expires=int(time.time()) + 20, token=5))
    assert hosts.ask(HERE) == {"unhealthy": True}
    assert held(table).expires > short.expires


def test_a_host_that_is_well_again_gives_the_lease_to_the_next(
    hosts: Hosts, table: LeaseTable, aws: Aws
) -> None:
    hosts.ask(HERE)
    assert hosts.ask(HERE, "keep") == {}
    assert aws.health_calls[1:] == [(HERE, "Healthy", "false")]
    assert held(table).state == "succeeded"
    assert hosts.ask(OTHER) == {"unhealthy": True}
    assert hosts.ask(HERE, "keep") == {}, "it waited, and never had the lease"
    assert (held(table).holder, held(table).state) == (OTHER, "running")


def test_of_many_hosts_at_once_one_is_replaced(hosts: Hosts, aws: Aws) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(hosts.ask, [f"i-000000000000000{number}" for number in range(6)]))
    assert [answer for answer in answers if answer.get("unhealthy")] == [{"unhealthy": True}]
    assert len(aws.health_calls) == 1
    assert all(answer.get("holder") for answer in answers if not answer.get("unhealthy"))


def test_a_refusal_is_the_problem(hosts: Hosts, aws: Aws) -> None:
    aws.refusals = ["AccessDenied"]
    assert "AccessDenied" in hosts.ask(HERE)["problem"]
    assert aws.health_calls == []
