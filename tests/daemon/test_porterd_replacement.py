"""A real porterd on a host that is beyond help has Auto Scaling replace it, in its turn."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from porter.aws.leases import Lease, LeaseTable
from porter.aws.replacing import LEASE
from porter.rehearsal.cloud.account import variables
from porter.rehearsal.cloud.emulator import Emulator
from porter.spec import HealthCheck
from tests.daemon.auto_scaling import Aws
from tests.daemon.loopback import INSTANCE_ID, Imds, Service
from tests.daemon.porterd_process import PorterdProcess
from tests.harness.leases import HOME
from tests.harness.leases import LEASE as OF_A_JOB

SOON = HealthCheck(
    "/health", interval_seconds=0.1, timeout_seconds=1, start_seconds=1, unhealthy_seconds=1
)
OTHER = replace(OF_A_JOB, job=LEASE, holder="i-other")


@pytest.fixture
def serving(
    porterd: PorterdProcess, service: Service, aws: Aws, emulator: Emulator, table: LeaseTable
) -> PorterdProcess:
    """Porterd beside a healthy service, after its signal."""
    assert table
    porterd.environment |= {
        **variables(HOME, emulator.endpoint),
        "AWS_ENDPOINT_URL_AUTO_SCALING": aws.url,
    }
    porterd.watch_over(service.port, SOON)
    porterd.start()
    porterd.until_signal("sent")
    return porterd


def told(porterd: PorterdProcess) -> list[tuple[str, str]]:
    """Return stage and holder of each event about the host's replacement."""
    events: list[dict[str, Any]] = porterd.get("/v1/events?kind=replacement")[1]["events"]
    return [(event["stage"], event["holder"]) for event in events]


def held(table: LeaseTable) -> Lease | None:
    """Return the lease."""
    return table.read(LEASE)[0]


def test_a_host_whose_service_no_restart_helps_is_replaced_and_says_why(
    serving: PorterdProcess, service: Service, aws: Aws, table: LeaseTable
) -> None:
    assert "porter_host_beyond_help 0.0\n" in serving.get("/metrics")[1]
    aws.refusals = ["AccessDenied"]
    service.status = 500
    serving.until(lambda: "cannot tell Auto Scaling about this host: " in serving.log, 60)
    assert "AccessDenied" in serving.log
    assert (told(serving), aws.health_calls) == ([], [])
    serving.stop()
    serving.start()  # asks again at once, and not within a minute
    serving.until(lambda: told(serving) == [("asked", "")])
    assert aws.health_calls == [(INSTANCE_ID, "Unhealthy", "false")]
    assert (lease := held(table))
    assert (lease.holder, lease.state) == (INSTANCE_ID, "running")
    assert "porter_host_beyond_help 1.0\n" in serving.get("/metrics")[1]
    why = "hello stays unhealthy after its restarts: answered 500"
    assert f"this host is beyond help: {why}" in serving.log
    assert f"replacement of this host: asked: {why}" in serving.log
    assert "Auto Scaling is asked to replace this host" in serving.get("/")[1]


def test_a_host_waits_while_another_is_replaced_also_after_a_restart_of_porterd(
    serving: PorterdProcess, service: Service, aws: Aws, table: LeaseTable
) -> None:
    other = replace(OTHER, expires=int(time.time()) + 600)
    table.replace(None, other)
    service.status = 500
    serving.until(lambda: told(serving) == [("waiting", "i-other")], 60)
    assert aws.health_calls == []
    table.replace(other, replace(other, expires=int(time.time()) - 60, token=other.token + 1))
    serving.stop()
    serving.start()
    serving.until(lambda: told(serving)[1:] == [("asked", "")])
    assert aws.health_calls == [(INSTANCE_ID, "Unhealthy", "false")]


@pytest.mark.exhaustive
def test_a_host_that_ends_asks_for_nothing(
    serving: PorterdProcess, service: Service, aws: Aws, table: LeaseTable, imds: Imds
) -> None:
    other = replace(OTHER, expires=int(time.time()) + 600)
    table.replace(None, other)
    service.status = 500
    serving.until(lambda: told(serving) == [("waiting", "i-other")], 60)
    imds.tree["meta-data/autoscaling/target-lifecycle-state"] = "Terminated"
    serving.until((serving.folders["runtime"] / "drain").exists)
    table.replace(other, replace(other, expires=int(time.time()) - 60, token=other.token + 1))
    time.sleep(50)  # it would have asked again
    assert aws.health_calls == []


@pytest.mark.exhaustive
def test_a_host_that_is_well_in_time_is_kept(
    serving: PorterdProcess, service: Service, aws: Aws, table: LeaseTable
) -> None:
    service.status = 500
    serving.until(lambda: told(serving) == [("asked", "")], 60)
    service.status = 200
    serving.until(lambda: told(serving)[1:] == [("kept", "")], 150)
    assert [health for _, health, _ in aws.health_calls] == ["Unhealthy", "Healthy"]
    assert (lease := held(table))
    assert lease.state == "succeeded"
    assert "porter_host_beyond_help 0.0\n" in serving.get("/metrics")[1]
