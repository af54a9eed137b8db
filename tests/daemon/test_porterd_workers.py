"""The service and every worker must be healthy; a failure names the worker."""

from __future__ import annotations

import time

from porter.spec import Check, HealthCheck, HostSpec, Porterd, ProcessWorkload, Proxy, dumps
from tests.daemon.loopback import Service, WaitHandle
from tests.daemon.porterd_process import WORKLOAD, PorterdProcess
from tests.daemon.worker_host import CHECK, FAILING, MAIL, PASSING, start


def test_the_service_waits_for_a_worker_to_stay_up(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    start(porterd, None, port=service.port)
    porterd.until(lambda: porterd.service().get("gate", {}).get("consecutive") == 3)
    assert handle.puts == []
    waiting = porterd.service()
    assert waiting["gate"]["state"] == "confirming"
    problem = "mail has been up for less than 3 s"
    assert waiting["workers"] == {"mail": {"healthy": False, "problem": problem}}
    answer = porterd.until_signal("sent")
    assert answer["workers"] == {"mail": {"healthy": True, "problem": ""}}
    assert answer["gate"]["reason"].endswith("; mail stays up or passes its check")


def test_every_worker_that_is_not_well_is_named(porterd: PorterdProcess, service: Service) -> None:
    porterd.systemd.says(CHECK, **FAILING)
    start(porterd, Check(command=("./check",)), port=service.port, more="sms")
    missing = "mail: its check exited with code 7; sms is not up"
    porterd.until(lambda: porterd.service()["gate"]["reason"].endswith(missing))


def test_a_host_of_workers_alone_is_healthy_when_they_are(
    porterd: PorterdProcess, handle: WaitHandle
) -> None:
    start(porterd, None, port=None)
    porterd.until_signal("sent")
    assert handle.puts[0].signal["Status"] == "SUCCESS"
    assert handle.puts[0].signal["Reason"] == (
        "hello is healthy: mail stays up or passes its check"
    )


def test_a_workers_own_check_decides(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    porterd.systemd.says(CHECK, **FAILING)
    start(porterd, Check(command=("./check",), healthy_threshold=2), port=service.port)
    problem = "mail: its check exited with code 7"
    expected = {"mail": {"healthy": False, "problem": problem}}
    porterd.until(lambda: porterd.service().get("workers") == expected)
    time.sleep(1)
    assert handle.puts == []
    porterd.systemd.says(CHECK, **{**PASSING, "NRestarts": 1})
    porterd.until(lambda: "1 of 2 successes of its check" in str(porterd.service()["workers"]))
    porterd.systemd.says(CHECK, **{**PASSING, "NRestarts": 2})
    assert porterd.until_signal("sent")["signal"]["status"] == "SUCCESS"


def test_after_the_verdict_a_worker_that_falls_ill_is_told(
    porterd: PorterdProcess, service: Service
) -> None:
    """Porterd then checks the worker as rarely as the service."""
    start(porterd, None, port=service.port)
    porterd.until_signal("sent")
    porterd.systemd.says(MAIL, **FAILING)
    down = {"mail": {"healthy": False, "problem": "mail is not up"}}
    porterd.until(lambda: porterd.service()["workers"] == down, 15)


def test_a_check_that_never_passes_is_the_reason_with_its_last_lines(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    porterd.systemd.wrote("no connection to the queue\n", CHECK)
    porterd.systemd.says(CHECK, **FAILING)
    start(porterd, Check(command=("./check",)), port=service.port, seconds=6)
    porterd.until_signal("sent")
    assert handle.puts[0].signal["Status"] == "FAILURE"
    assert handle.puts[0].signal["Reason"] == (
        "hello did not become healthy within 4 s: mail: its check exited with code 7. "
        "Last lines of mail's check: no connection to the queue"
    )


def test_a_worker_that_keeps_ending_fails_the_deployment_at_once(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    start(porterd, None, port=service.port)
    porterd.until(lambda: any(MAIL in call for call in porterd.systemd.calls))
    porterd.systemd.says(MAIL, **{**FAILING, "NRestarts": 2})
    porterd.until_signal("sent")
    assert (
        handle.puts[0]
        .signal["Reason"]
        .startswith("hello will not become healthy: mail exited with code 7 (3 times)")
    )


def test_a_service_that_is_checked_rarely_does_not_wait_longer_than_its_workers(
    porterd: PorterdProcess, service: Service
) -> None:
    """Porterd checks the service again as soon as the workers are healthy, and not before."""
    slow = HealthCheck("/health", interval_seconds=60, healthy_threshold=1)
    mail = ProcessWorkload(name="mail", command=("true",))
    spec = HostSpec(
        schema=1,
        service="hello",
        timeout_seconds=300,
        porterd=Porterd(port=porterd.port),
        workloads=(WORKLOAD, mail),
        health_check=slow,
        proxy=Proxy(workload=WORKLOAD.name, port=service.port),
    )
    (porterd.folders["credentials"] / "host.json").write_text(dumps(spec))
    porterd.systemd.says()
    porterd.systemd.says(MAIL)
    porterd.start()
    porterd.until_signal("sent", 12)
    assert len(service.requests) == 2
