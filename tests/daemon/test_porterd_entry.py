"""A host counts and gets requests once it is healthy, and reports when its load balancer agrees."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from porter.aws.entering import EARLY_SECONDS
from porter.daemon.entrant import MODULE
from porter.spec import Deployment, dumps, loads
from tests.daemon.auto_scaling import HEALTHY, INITIAL, UNHEALTHY, Aws
from tests.daemon.kills import KILLS, Kill
from tests.daemon.load_balancing import ARN
from tests.daemon.loopback import Service, WaitHandle
from tests.daemon.porterd_process import PorterdProcess
from tests.failures.told_rows import told
from tests.harness.slowness import slowness


@pytest.fixture
def born(porterd: PorterdProcess, service: Service, aws: Aws) -> PorterdProcess:
    """A porterd that is not started yet, on a host behind a hook and a load balancer."""
    porterd.watch_over(service.port)
    deployed(porterd, aws, hook_seconds=60, target_groups=(ARN,))
    return porterd


def deployed(porterd: PorterdProcess, aws: Aws, **fields: Any) -> None:
    """Change the host's deployment, and let its SDK reach `aws`."""
    path = porterd.folders["credentials"] / "deployment.json"
    path.write_text(dumps(replace(loads(Deployment, path.read_text()), **fields)))
    porterd.environment |= {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }


def signals(handle: WaitHandle) -> list[tuple[str, str]]:
    return [(put.signal["Status"], put.signal["Reason"]) for put in handle.puts]


def entrants(porterd: PorterdProcess) -> list[str]:
    """Return the processes that ask AWS for this porterd; each is its starting thread's child."""
    found = []
    for file in Path(f"/proc/{porterd.worker}/task").glob("*/children"):
        with suppress(OSError):  # a thread or process that has just ended
            found += [pid for pid in file.read_text().split() if _enters(pid)]
    return found


def _enters(pid: str) -> bool:
    with suppress(OSError):
        return MODULE.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def hook(porterd: PorterdProcess) -> str:
    return str(json.loads(porterd.journal.read_text())["hook"])


def test_the_hook_is_completed_when_the_gate_closes_and_success_follows_the_load_balancer(
    born: PorterdProcess, aws: Aws, handle: WaitHandle
) -> None:
    aws.health = INITIAL
    born.start()
    born.until(lambda: aws.results == ["CONTINUE"])
    born.until(lambda: "initial in Hello" in born.service()["gate"]["reason"])
    assert signals(handle) == []
    healthy_at = aws.becomes(HEALTHY)
    told = born.until_signal("sent")
    assert told["signal"]["at"] - healthy_at <= (2.0 + 0.1) * slowness()
    assert [status for status, _ in signals(handle)] == ["SUCCESS"]
    assert hook(born) == "continued"
    assert "not in service" not in signals(handle)[0][1]


def test_an_unhealthy_service_is_not_taken_into_service(
    born: PorterdProcess, aws: Aws, service: Service
) -> None:
    service.status = 500
    born.start()
    born.until(lambda: len(service.requests) > 1)
    assert entrants(born) == []
    service.status = 200
    born.until_signal("sent")
    assert aws.results == ["CONTINUE"]


def test_success_follows_the_hook_where_there_is_no_load_balancer(
    born: PorterdProcess, aws: Aws
) -> None:
    deployed(born, aws, target_groups=())
    born.start()
    born.until_signal("sent")
    assert aws.results == ["CONTINUE"]
    assert aws.polls() == []


def test_a_host_of_an_earlier_porter_signals_without_a_hook(born: PorterdProcess, aws: Aws) -> None:
    deployed(born, aws, hook_seconds=0, target_groups=())
    born.start()
    born.until_signal("sent")
    assert aws.asked == []


def test_the_reason_says_what_the_load_balancer_says(
    born: PorterdProcess, aws: Aws, service: Service, handle: WaitHandle
) -> None:
    aws.health = UNHEALTHY
    born.watch_over(service.port, timeout_seconds=int(8 * min(slowness(), 4)))
    deployed(born, aws, hook_seconds=4)  # three seconds later a failed host gives up its hook
    born.start()
    born.until_signal("sent")
    [(status, reason)] = signals(handle)
    assert status == "FAILURE"
    assert "hello is healthy, but gets no requests from its load balancer within" in reason
    assert reason.endswith("unhealthy in Hello (Target.Timeout: Request timed out)")
    began = len(service.requests)
    born.until(lambda: len(service.requests) > began + 1)
    assert aws.requested == ["CONTINUE"], "a completed hook is not completed again"
    assert entrants(born) == []


@pytest.mark.exhaustive
def test_a_load_balancer_that_refuses_fails_the_host_long_before_the_deadline(
    born: PorterdProcess, aws: Aws, service: Service
) -> None:
    """Half a minute is enough to know, and the time-out is a quarter of an hour."""
    aws.health = UNHEALTHY
    born.watch_over(service.port, timeout_seconds=900)
    began = time.monotonic()
    born.start()
    told = born.until_signal("sent", 60)
    assert told["signal"]["status"] == "FAILURE"
    assert time.monotonic() - began >= 30


def test_throttling_delays_and_fails_nothing(
    born: PorterdProcess, aws: Aws, handle: WaitHandle
) -> None:
    aws.refusals = ["Throttling"] * 3
    born.start()
    born.until_signal("sent", 60)
    assert aws.results == ["CONTINUE"]
    assert [status for status, _ in signals(handle)] == ["SUCCESS"]


def test_a_refused_hook_is_the_reason_in_time(
    born: PorterdProcess, aws: Aws, service: Service, handle: WaitHandle
) -> None:
    aws.refusals = ["AccessDenied"] * 1000
    born.watch_over(service.port, timeout_seconds=int(8 * min(slowness(), 4)))
    born.start()
    born.until_signal("sent")
    [(status, reason)] = signals(handle)
    assert status == "FAILURE"
    assert told("hook-refused").is_seen_in(reason)
    assert "AccessDenied" in reason


def test_a_hook_that_does_not_wait_yet_is_asked_again(
    born: PorterdProcess, aws: Aws, handle: WaitHandle
) -> None:
    aws.waits = False
    born.start()
    born.until(lambda: len(aws.asked) >= 2)
    assert signals(handle) == []
    aws.waits = True
    born.until_signal("sent")
    assert aws.results == ["CONTINUE"]


def test_a_failed_host_reports_first_and_is_replaced_later(
    born: PorterdProcess, aws: Aws, service: Service, handle: WaitHandle
) -> None:
    service.status = 500
    born.watch_over(service.port, timeout_seconds=8)
    deployed(born, aws, hook_seconds=12)
    born.start()
    born.until_signal("sent")
    assert [status for status, _ in signals(handle)] == ["FAILURE"]
    launched_at = born.launched_at
    born.until(lambda: aws.results == ["ABANDON"], 60)
    assert aws.asked[0][0] - launched_at >= 0.75 * 12
    born.until(lambda: hook(born) == "abandoned")


@pytest.mark.parametrize(
    "kill", [KILLS[0], *(pytest.param(kill, marks=pytest.mark.exhaustive) for kill in KILLS[1:])]
)
def test_a_killed_porterd_completes_the_hook_once_and_signals_once(
    born: PorterdProcess, aws: Aws, handle: WaitHandle, kill: Kill
) -> None:
    aws.health = INITIAL
    born.start()
    born.until(lambda: aws.results == ["CONTINUE"])
    kill(born)
    born.until(lambda: hook(born) == "continued", EARLY_SECONDS + 20)
    kill(born)
    aws.becomes(HEALTHY)
    born.until_signal("sent")
    assert aws.results == ["CONTINUE"]
    assert set(aws.requested) == {"CONTINUE"}
    assert [status for status, _ in signals(handle)] == ["SUCCESS"]


def test_a_host_that_leaves_completes_nothing(
    born: PorterdProcess, aws: Aws, service: Service, handle: WaitHandle
) -> None:
    (born.folders["runtime"] / "drain").write_text("{}")
    born.start()
    born.until(lambda: born.service().get("gate", {}).get("state") == "healthy")
    began = len(service.requests)
    born.until(lambda: len(service.requests) > began + 1, 60)
    assert entrants(born) == []
    assert aws.asked == []
    assert signals(handle) == []


def test_a_verdict_that_nobody_waited_for_does_not_outlast_the_refusal(
    born: PorterdProcess, aws: Aws, service: Service, handle: WaitHandle
) -> None:
    """As at a scale-out: the wait handle is closed, and the target recovers later."""
    aws.health = UNHEALTHY
    handle.script = [403]
    born.watch_over(service.port, timeout_seconds=int(8 * min(slowness(), 4)))
    born.start()
    born.until_signal("finished")
    born.until(lambda: born.service()["gate"]["state"] == "healthy")
    born.stop()
    born.start()
    born.until(lambda: born.service().get("gate", {}).get("state") == "healthy")
    assert [status for status, _ in signals(handle)] == ["FAILURE"]


def test_no_process_stays_after_the_signal(born: PorterdProcess, aws: Aws) -> None:
    aws.health = INITIAL
    born.start()
    born.until(lambda: aws.results)
    assert len(entrants(born)) == 1
    aws.becomes(HEALTHY)
    born.until_signal("sent")
    born.until(lambda: entrants(born) == [])
