"""A workload fails its deployment, or holds it back, by its own token."""

import json
import time
from typing import Any

import pytest

from porter.spec import DRAIN_FILE, HealthCheck, workload_token
from tests.daemon.handing import KEY
from tests.daemon.loopback import Imds, Service, WaitHandle
from tests.daemon.porterd_process import PorterdProcess
from tests.harness.slowness import slowness

ROLE = "arn:aws:iam::123456789012:role/Service"
SECRET = "hunter22hunter"  # noqa: S105 - nobody's


@pytest.fixture
def gated(porterd: PorterdProcess, service: Service) -> PorterdProcess:
    """A porterd with tokens beside a service that is not healthy yet."""
    service.status = 503
    porterd.watch_over(service.port, role=ROLE)
    (porterd.folders["credentials"] / "credentials.key").write_bytes(KEY)
    held = json.dumps({"hello": {"PASSWORD": SECRET}})
    (porterd.folders["credentials"] / "secrets.json").write_text(held)
    porterd.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    porterd.start()
    return porterd


def said(
    porterd: PorterdProcess, path: str, body: object, token: str = workload_token(KEY, "hello")
) -> tuple[int, Any]:
    """Send `body`, as JSON unless it is bytes; return status and answer."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": token} if token else {}
    status, _, answer = porterd.exchange("POST", path, text, **headers)
    return status, json.loads(answer)


def test_a_workload_fails_the_deployment_now_with_its_reason(
    gated: PorterdProcess, handle: WaitHandle
) -> None:
    reason = f"the database\nrefuses {SECRET}"
    assert said(gated, "/v1/fail", {"reason": reason}) == (202, {"accepted": True})
    answer = gated.until_signal("sent", seconds=5)
    assert answer["signal"]["status"] == "FAILURE"
    (put,) = handle.puts
    words = "hello gave up (POST /v1/fail): the database refuses [redacted]"
    assert put.signal["Reason"].startswith(f"hello will not become healthy: {words}")
    status, told = said(gated, "/v1/fail", {"reason": "again"})
    assert (status, told["code"]) == (409, "Decided")


def test_a_healthy_deployment_is_not_failed_any_more(
    gated: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    service.status = 200
    gated.until_signal("sent")
    assert said(gated, "/v1/fail", {"reason": "too late"})[0] == 409
    gated.stop()
    gated.start()
    assert said(gated, "/v1/fail", {"reason": "too late"})[0] == 409
    assert [put.signal["Status"] for put in handle.puts] == ["SUCCESS"]


def test_a_host_that_leaves_fails_no_deployment_and_says_so(
    gated: PorterdProcess, imds: Imds, handle: WaitHandle
) -> None:
    imds.tree["meta-data/autoscaling/target-lifecycle-state"] = "Terminated"
    gated.until((gated.folders["runtime"] / DRAIN_FILE).exists)
    status, told = said(gated, "/v1/fail", {"reason": "my programs stop"})
    assert (status, told["code"]) == (409, "Leaving")
    assert "Auto Scaling terminates this host" in told["message"]
    assert handle.puts == []


def test_a_workload_holds_the_deployment_until_it_is_ready(
    gated: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    hold = {"ready": False, "reason": "loading the model"}
    assert said(gated, "/v1/ready", hold) == (200, {"ready": False})
    service.status = 200
    gated.until(lambda: gated.service()["gate"]["consecutive"] == 3)
    gate = gated.service()["gate"]
    assert gate["state"] == "confirming"
    assert gate["reason"].endswith("; hello is not ready: loading the model")
    gated.stop()
    gated.start()  # the hold is kept
    gated.until(lambda: gated.service()["gate"]["consecutive"] == 3)
    assert not handle.puts
    assert said(gated, "/v1/ready", {"ready": True}) == (200, {"ready": True})
    assert gated.until_signal("sent", seconds=5)["signal"]["status"] == "SUCCESS"


def test_a_hold_neither_hurries_the_checks_nor_outlasts_its_end(
    porterd: PorterdProcess, service: Service
) -> None:
    """Checks are five minutes apart."""
    service.status = 503
    rare = HealthCheck("/health", interval_seconds=300, healthy_threshold=1)
    porterd.watch_over(service.port, rare, 900, role=ROLE)
    (porterd.folders["credentials"] / "credentials.key").write_bytes(KEY)
    porterd.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    porterd.start()
    assert said(porterd, "/v1/ready", {"ready": False})[0] == 200
    service.status = 200
    porterd.until(lambda: porterd.service()["gate"]["consecutive"] == 1)
    checks = len(service.requests)
    time.sleep(1.2)
    assert len(service.requests) == checks
    assert said(porterd, "/v1/ready", {"ready": True})[0] == 200
    porterd.until_signal("sent", seconds=5)
    assert len(service.requests) == checks + 1


def test_a_hold_that_nobody_ends_fails_the_deployment_with_its_reason(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    service.status = 503
    check = HealthCheck("/health", interval_seconds=0.1, timeout_seconds=1)
    porterd.watch_over(service.port, check, round(12 * slowness()), role=ROLE)
    (porterd.folders["credentials"] / "credentials.key").write_bytes(KEY)
    porterd.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    porterd.start()
    assert said(porterd, "/v1/ready", {"ready": False, "reason": "loading the model"})[0] == 200
    service.status = 200
    porterd.until_signal("sent", seconds=60)
    (put,) = handle.puts
    assert put.signal["Status"] == "FAILURE"
    assert put.signal["Reason"].endswith(" s: hello is not ready: loading the model")


STRANGERS = {
    "": 401,
    "x": 403,
    workload_token(b"another host's key", "hello"): 403,
    workload_token(KEY, "job-nightly"): 403,
}


def test_only_a_workload_decides_about_its_deployment(gated: PorterdProcess) -> None:
    for token, status in STRANGERS.items():
        assert said(gated, "/v1/fail", {"reason": "x"}, token)[0] == status
        assert said(gated, "/v1/ready", {"ready": False}, token)[0] == status
    assert gated.service()["signal"]["state"] == "none"


WRONG = [
    ("/v1/fail", b""),
    ("/v1/fail", b"{"),
    ("/v1/fail", b"\xff"),
    ("/v1/fail", []),
    ("/v1/fail", {}),
    ("/v1/fail", {"reason": " "}),
    ("/v1/fail", {"reason": 1}),
    ("/v1/fail", {"reason": "x" * 1001}),
    ("/v1/fail", {"reason": "x", "more": 1}),
    ("/v1/fail", b"[" * 60_000),
    ("/v1/ready", {}),
    ("/v1/ready", {"ready": 1}),
    ("/v1/ready", {"ready": True, "raeson": ""}),
]


def test_a_wrong_body_is_refused_with_what_it_may_be(gated: PorterdProcess) -> None:
    for path, body in WRONG:
        status, told = said(gated, path, body)
        assert (status, told["code"]) == (400, "InvalidBody"), body
    assert gated.service()["signal"]["state"] == "none"


def test_half_a_surrogate_pair_is_a_reason(gated: PorterdProcess, handle: WaitHandle) -> None:
    assert said(gated, "/v1/fail", b'{"reason": "a \\ud800"}')[0] == 202
    gated.until_signal("sent", seconds=5)
    assert "a ?" in handle.puts[0].signal["Reason"]
