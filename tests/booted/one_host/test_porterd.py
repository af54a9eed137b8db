"""What porterd offers to programs works inside the sandbox of its unit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.booted.one_host.known import Known
from tests.booted.one_host.workloads import porterd
from tests.harness.conditions import boots
from tests.harness.staying import BACK_SECONDS, Staying
from tests.harness.traces import until

pytestmark = [
    pytest.mark.machines,
    boots,
    pytest.mark.timeout(1200),  # the first test of the folder waits until Docker is installed
]


def told(there: Staying, path: str, *options: str) -> Any:
    """Return porterd's answer to the worker `mail`."""
    return json.loads(porterd(there, "mail", path, *options))


def test_a_program_reads_its_secret_again(known: Known) -> None:
    """The child process that asks AWS has the sandbox of porterd."""
    read: list[Any] = []

    def fresh() -> bool:
        read.append(told(known.there, "/v1/secrets/KEY?max_age=0"))
        return read[-1].get("read_at") is not None

    assert until(fresh, BACK_SECONDS), read[-1].get("problem", read[-1].get("code"))
    assert (read[-1]["value"] == known.value("key"), read[-1]["problem"]) == (True, "")


def test_events_and_metrics_know_the_job(there: Staying) -> None:
    """The job runs every 20 s; porterd may read what its runs leave."""
    events: list[dict[str, Any]] = []

    def ran() -> bool:
        events[:] = told(there, "/v1/events?kind=job&wait=30")["events"]
        return bool(events)

    assert until(ran, 90), events
    assert {one["job"] for one in events} == {"report"}
    kinds = {one["kind"] for one in told(there, "/v1/events")["events"]}
    assert {"health", "job"} <= kinds
    assert 'porter_job_success{job="report"} ' in porterd(there, "mail", "/metrics")


def test_a_program_says_that_it_is_ready(there: Staying) -> None:
    body = ("--data", '{"ready": true}', "--write-out", " %{http_code}")
    assert porterd(there, "mail", "/v1/ready", *body).endswith(" 200")
