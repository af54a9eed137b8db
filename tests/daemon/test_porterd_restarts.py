"""A real porterd asks root to restart a program that is unhealthy for too long, and says so."""

from __future__ import annotations

import json
import re
import stat
import time
from typing import Any

import pytest

from porter.daemon.liveness import MOST_UNANSWERED
from porter.daemon.restarter import ASKING_SECONDS
from porter.spec import Check, HealthCheck
from tests.daemon.loopback import Service
from tests.daemon.porterd_process import PorterdProcess
from tests.daemon.worker_host import CHECK, FAILING, PASSING, start

SOON = HealthCheck(
    "/health", interval_seconds=0.1, timeout_seconds=1, start_seconds=1, unhealthy_seconds=1
)


def events(porterd: PorterdProcess, kind: str) -> list[dict[str, Any]]:
    """Return the events of one kind."""
    told: list[dict[str, Any]] = porterd.get(f"/v1/events?kind={kind}")[1]["events"]
    return told


def asked(porterd: PorterdProcess) -> str:
    """Return what porterd asks root to restart."""
    file = porterd.folders["runtime"] / "restart"
    return " ".join(file.read_text().split()[1:]) if file.exists() else ""


@pytest.fixture
def serving(porterd: PorterdProcess, service: Service) -> PorterdProcess:
    """Porterd beside a healthy service, after its signal."""
    porterd.watch_over(service.port, SOON)
    porterd.start()
    porterd.until_signal("sent")
    return porterd


@pytest.mark.argument(
    "HealthCheck(unhealthy_seconds=...)", "a service that is unhealthy for so long is restarted"
)
def test_a_service_that_is_unhealthy_for_too_long_is_restarted(
    serving: PorterdProcess, service: Service
) -> None:
    service.status = 500
    serving.until(lambda: asked(serving) == "hello")
    assert stat.S_IMODE((serving.folders["runtime"] / "restart").stat().st_mode) == 0o644
    (event,) = events(serving, "restart")
    assert (event["program"], event["attempt"]) == ("hello", 1)
    assert re.match("unhealthy for [1-3] s: answered 500", event["reason"])
    assert re.search(r"restarting hello \(1 of 2\): unhealthy for [1-3] s: ", serving.log)
    metrics = serving.get("/metrics")[1]
    assert 'porter_program_unhealthy_restarts_total{program="hello"} 1.0\n' in metrics
    assert 'porter_program_beyond_restart{program="hello"} 0.0\n' in metrics
    service.status = 200
    serving.until(lambda: asked(serving) == "", ASKING_SECONDS + 20)
    assert len(events(serving, "restart")) == 1


def test_restarts_end_with_a_decision_that_is_an_event_and_a_metric(
    serving: PorterdProcess, service: Service
) -> None:
    service.status = 500
    restarted: list[int] = []

    def restarts_and_ends() -> bool:
        attempts = [event["attempt"] for event in events(serving, "restart")]
        if attempts != restarted:  # root restarts it each time
            restarted[:] = attempts
            now = round(time.monotonic() * 1e6)
            serving.systemd.says(ExecMainStartTimestampMonotonic=now)
        return bool(events(serving, "beyond-restart"))

    serving.until(restarts_and_ends, 40)
    assert restarted == [1, 2]
    (event,) = events(serving, "beyond-restart")
    assert (event["program"], event["restarts"]) == ("hello", 2)
    assert "hello stays unhealthy after 2 restarts: unhealthy for " in serving.log
    metrics = serving.get("/metrics")[1]
    assert 'porter_program_beyond_restart{program="hello"} 1.0\n' in metrics


def test_a_restart_of_porterd_withdraws_its_request_and_counts_on(
    serving: PorterdProcess, service: Service
) -> None:
    service.status = 500
    serving.until(lambda: asked(serving) == "hello")
    serving.stop()
    service.status = 200
    serving.start()
    serving.until(lambda: serving.service()["last_check"])
    assert asked(serving) == ""
    metrics = serving.get("/metrics")[1]
    assert 'porter_program_unhealthy_restarts_total{program="hello"} 1.0\n' in metrics


def test_a_program_that_is_beyond_restart_stays_so_until_a_hot_apply(
    serving: PorterdProcess, service: Service
) -> None:
    service.status = 500
    serving.until(lambda: events(serving, "beyond-restart"), 40)
    asked_for = [event["attempt"] for event in events(serving, "restart")]
    assert asked_for == [1] * MOST_UNANSWERED, "root restarted it never"
    assert "hello stays unhealthy after 0 restarts, and 3 that were not made: " in serving.log
    serving.stop()
    serving.start()
    serving.until(lambda: serving.service()["last_check"])
    assert 'porter_program_beyond_restart{program="hello"} 1.0\n' in serving.get("/metrics")[1]
    serving.stop()
    log = serving.folders["runtime"] / "events.jsonl"
    newest = json.loads(log.read_text().splitlines()[-1])
    applied = {"id": newest["id"] + 1, "at": newest["at"], "kind": "hot-apply", "payload": "abc"}
    log.write_text(f"{log.read_text()}\n{json.dumps(applied)}")
    serving.start()
    serving.until(lambda: len(events(serving, "restart")) > MOST_UNANSWERED)


@pytest.mark.parametrize("state", ["inactive", "deactivating"])
def test_a_program_that_somebody_stopped_is_not_restarted(
    serving: PorterdProcess, service: Service, state: str
) -> None:
    serving.systemd.says(ActiveState=state, SubState="dead")
    service.status = 500
    serving.until(lambda: len(events(serving, "health")) == 2)
    began = len(service.requests)
    serving.until(lambda: len(service.requests) >= began + 3, 60)  # porterd asks every 10 s
    assert events(serving, "restart") == []


def test_a_worker_whose_check_fails_for_too_long_is_restarted(
    porterd: PorterdProcess, service: Service
) -> None:
    porterd.systemd.says(CHECK, **PASSING)
    check = Check(command=("./check",), interval_seconds=1, timeout_seconds=1, unhealthy_seconds=1)
    start(porterd, check, port=service.port)
    porterd.until_signal("sent")
    porterd.systemd.says(CHECK, **{**FAILING, "NRestarts": 1})
    porterd.until(lambda: asked(porterd) == "mail", 40)
    (event,) = events(porterd, "restart")
    reason = event["reason"]
    assert re.fullmatch(r"unhealthy for \d+ s: mail: its check exited with code 7", reason)
    assert int(reason.split()[2]) >= 4, "two runs, of two seconds each"


def test_a_service_that_was_never_healthy_is_the_gates_affair(
    porterd: PorterdProcess, service: Service
) -> None:
    service.status = 500
    porterd.watch_over(service.port, SOON, timeout_seconds=6)
    porterd.start()
    porterd.until_signal("sent")
    began = len(service.requests)
    porterd.until(lambda: len(service.requests) > began)
    assert events(porterd, "restart") == []
