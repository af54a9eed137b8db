"""A workload takes its host out of its load balancers, and back, by its own token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from porter.spec import DRAIN_FILE, DRAIN_STEPS, Deployment, dumps, loads, workload_token
from tests.daemon.handing import KEY
from tests.daemon.load_balancing import ARN, LoadBalancing
from tests.daemon.loopback import INSTANCE_ID, Service, running
from tests.daemon.porterd_process import PorterdProcess

ROLE = "arn:aws:iam::123456789012:role/Service"


@pytest.fixture
def aws() -> Iterator[LoadBalancing]:
    """A load balancer with this host as its target."""
    server = LoadBalancing()
    server.targets = {INSTANCE_ID}
    with running(server):
        yield server


@pytest.fixture
def balanced(porterd: PorterdProcess, service: Service, aws: LoadBalancing) -> PorterdProcess:
    """A porterd with tokens on a host behind a load balancer."""
    porterd.watch_over(service.port, role=ROLE)
    folder = porterd.folders["credentials"]
    (folder / "credentials.key").write_bytes(KEY)
    deployment = loads(Deployment, (folder / "deployment.json").read_text())
    (folder / "deployment.json").write_text(dumps(replace(deployment, target_groups=(ARN,))))
    porterd.environment |= {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    porterd.start()
    return porterd


def asked(porterd: PorterdProcess, path: str, name: str = "hello") -> tuple[int, Any]:
    """Ask as the workload `name`; return status and answer."""
    status, _, body = porterd.exchange("POST", path, Authorization=workload_token(KEY, name))
    return status, json.loads(body)


def _stages(porterd: PorterdProcess) -> list[str]:
    events = porterd.get("/v1/events?kind=drain")[1]["events"]
    return [event["stage"] for event in events]


def test_a_workload_leaves_the_load_balancer_and_comes_back(
    balanced: PorterdProcess, aws: LoadBalancing
) -> None:
    assert asked(balanced, "/v1/drain") == (200, {"drained": True})
    assert aws.targets == set()
    assert asked(balanced, "/v1/undrain") == (200, {"drained": False})
    assert aws.targets == {INSTANCE_ID}
    assert _stages(balanced) == ["out", "in"]


def test_a_refusal_of_aws_is_the_answer_and_no_event(
    balanced: PorterdProcess, aws: LoadBalancing
) -> None:
    aws.denied = True
    status, told = asked(balanced, "/v1/drain")
    assert (status, told["code"]) == (502, "Refused")
    assert "is not authorized" in told["message"]
    assert _stages(balanced) == []


def test_a_job_and_a_host_that_ends_are_refused(
    balanced: PorterdProcess, aws: LoadBalancing
) -> None:
    assert asked(balanced, "/v1/drain", "job-nightly")[0] == 403
    assert balanced.exchange("POST", "/v1/undrain")[0] == 401
    (balanced.folders["runtime"] / DRAIN_FILE).touch()
    assert asked(balanced, "/v1/undrain")[1]["code"] == "Leaving"
    assert aws.asked == []


def test_every_step_of_a_drain_is_one_event_across_a_restart(balanced: PorterdProcess) -> None:
    steps = balanced.root / DRAIN_STEPS
    steps.parent.mkdir()
    lines = [json.dumps({"stage": stage, "why": "w"}) for stage in ("out", "in", "out")]
    steps.write_text("\n".join(lines[:2]) + "\n")
    balanced.until(lambda: _stages(balanced) == ["out", "in"])
    balanced.stop()
    steps.write_text("\n".join(lines) + "\n")
    balanced.start()
    balanced.until(lambda: _stages(balanced) == ["out", "in", "out"])
