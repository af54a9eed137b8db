"""A workload that keeps exiting fails the deployment at once; the reason quotes its last lines."""

import time
from dataclasses import replace

import pytest

from porter.daemon.units import GRACE_SECONDS
from porter.spec import HealthCheck
from tests.daemon.fake_systemd import EXITED, KILLED
from tests.daemon.loopback import SECRET, Service, WaitHandle, running
from tests.daemon.porterd_process import QUICK, PorterdProcess
from tests.harness.free_port import free_port
from tests.harness.slowness import slowness


def started(porterd: PorterdProcess, port: int, check: HealthCheck | None = None) -> None:
    """Start porterd for a workload that systemd has just started."""
    porterd.systemd.says()
    porterd.watch_over(port, check or QUICK, timeout_seconds=600)
    porterd.start()
    porterd.until(lambda: "porter-hello.service porter-haproxy.service" in porterd.systemd.calls)


def test_the_third_exit_is_told_at_once_with_code_and_last_lines(
    porterd: PorterdProcess, handle: WaitHandle
) -> None:
    """The deadline of the gate is minutes away."""
    started(porterd, free_port())
    porterd.systemd.wrote(
        f"starting\nstarting\n\x1b[31mError: no database\x1b[0m\nurl: {handle.url}\n"
    )
    porterd.systemd.pauses(2, EXITED, 3)
    at = time.time()
    answer = porterd.until_signal("sent")
    (put,) = handle.puts
    assert put.at - at < 2 * slowness()
    assert put.signal["Status"] == "FAILURE"
    assert put.signal["Reason"] == (
        "hello will not become healthy: hello exited with code 3 (3 times). "
        "Last lines of hello: starting | Error: no database | url: [redacted]"
    )
    assert answer["gate"] == {
        "state": "failed",
        "consecutive": 0,
        "threshold": 3,
        "reason": put.signal["Reason"],
    }


NODE = """\
node:internal/modules/cjs/loader:1215
  throw err;
  ^

Error: Cannot find module 'express'
Require stack:
- /opt/porter/workloads/web/server.js
{}{{
  code: 'MODULE_NOT_FOUND',
  requireStack: [ '/opt/porter/workloads/web/server.js' ]
}}

Node.js v18.19.0
"""


def test_a_reason_has_the_message_before_a_long_trace_and_its_end(
    porterd: PorterdProcess, handle: WaitHandle
) -> None:
    """Node prints its error first; systemd has started the program three times."""
    started(porterd, free_port())
    trace = "".join(
        f"    at Function.{name} (node:internal/loader:{'1' * 70})\n" for name in "abcdefgh"
    )
    porterd.systemd.wrote(NODE.format(trace) * 3)
    porterd.systemd.pauses(2, EXITED, 1)
    porterd.until_signal("sent")
    reason = handle.puts[0].signal["Reason"]
    assert reason.count("Error: Cannot find module 'express'") == 1
    assert "Function.c" not in reason
    assert reason.endswith("Node.js v18.19.0")


def started_ago(seconds: float) -> int:
    """Return systemd's time stamp of a start `seconds` ago."""
    return round((time.monotonic() - seconds) * 1e6)


@pytest.mark.argument(
    "HealthCheck(start_seconds=...)", "a program without a success in this time has failed"
)
def test_a_program_that_never_succeeds_fails_start_seconds_after_its_start(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    """The deadline of the gate is 45 s away."""
    service.status = 500
    began = time.time()
    porterd.systemd.says(ExecMainStartTimestampMonotonic=started_ago(2))
    porterd.watch_over(service.port, replace(QUICK, start_seconds=8))
    porterd.start()
    porterd.until_signal("sent")
    (put,) = handle.puts
    assert 6 <= put.at - began < 16 * slowness()
    assert put.signal["Status"] == "FAILURE"
    assert put.signal["Reason"] == (
        "hello will not become healthy: GET /health: answered 500: hi; no success within 8 s of "
        "its start (does it need longer? HealthCheck(start_seconds=...))"
    )


def test_a_program_that_never_answers_is_known_10_seconds_after_start_seconds(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    """A check may take two minutes, but it ends when the program must have succeeded."""
    service.seconds = 40
    began = time.time()
    porterd.systemd.says(ExecMainStartTimestampMonotonic=started_ago(0))
    porterd.watch_over(service.port, replace(QUICK, start_seconds=8, timeout_seconds=60))
    porterd.start()
    porterd.until_signal("sent", seconds=60)
    assert handle.puts[0].signal["Status"] == "FAILURE"
    assert "no success within 8 s of its start" in handle.puts[0].signal["Reason"]
    assert handle.puts[0].at - began < 8 + 10 * slowness()


def test_a_program_that_succeeded_once_has_started(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    """Its flapping is judged at the deadline. porterd itself may start long after the program."""
    service.script, service.status = [500, 200], 500
    porterd.systemd.says(ExecMainStartTimestampMonotonic=started_ago(60))
    porterd.watch_over(service.port, replace(QUICK, start_seconds=8))
    porterd.start()
    porterd.until(lambda: len(service.requests) > 2)
    time.sleep(GRACE_SECONDS + 1)
    assert porterd.service()["gate"]["state"] == "waiting"
    assert handle.puts == []


def test_two_exits_are_the_restart_policys_affair(
    porterd: PorterdProcess, handle: WaitHandle
) -> None:
    """The first two starts fail, and the third succeeds."""
    port = free_port()
    started(porterd, port)
    porterd.systemd.pauses(1, KILLED, 9)
    time.sleep(1.2)
    porterd.systemd.says(NRestarts=2)
    with running(Service(port)):
        porterd.until_signal("sent")
    assert handle.puts[0].signal["Status"] == "SUCCESS"


def test_an_exit_between_two_successes_starts_the_count_anew(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    """The count restarts even if the process was up at every check."""
    started(porterd, service.port, HealthCheck(interval_seconds=0.2, healthy_threshold=10))
    porterd.until(lambda: porterd.service()["gate"]["consecutive"] >= 2)
    porterd.systemd.says(NRestarts=1)
    checks = len(service.requests)
    assert porterd.until_signal("sent")["signal"]["status"] == "SUCCESS"
    (put,) = handle.puts
    assert len([at for at, _ in service.requests[checks:] if at < put.at]) >= 10


def test_while_docker_starts_a_container_again_no_success_counts(
    porterd: PorterdProcess, service: Service
) -> None:
    """The attendant stays up, and so is the container at every check."""
    started(porterd, service.port, HealthCheck(interval_seconds=1))
    porterd.until(lambda: porterd.service()["gate"]["consecutive"] == 2)
    porterd.systemd.says(ActiveState="reloading", SubState="reload")
    porterd.until(lambda: porterd.service()["gate"]["consecutive"] < 2)
    asked = len(service.requests)
    porterd.until(lambda: len(service.requests) >= asked + 3)
    assert porterd.service()["gate"]["consecutive"] < 2
    porterd.systemd.says()
    assert porterd.until_signal("sent")["signal"]["status"] == "SUCCESS"


def test_exits_are_known_however_rarely_the_service_is_checked(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    """Checks are five minutes apart, because the service has answered before."""
    started(porterd, service.port, HealthCheck(interval_seconds=300))
    porterd.until(lambda: service.requests)
    porterd.systemd.pauses(2, KILLED, 9)
    porterd.until_signal("sent", seconds=5)
    assert handle.puts[0].signal["Reason"] == (
        "hello will not become healthy: hello was killed by SIGKILL (out of memory?) (3 times), "
        "after the service had answered"
    )


def test_a_verdict_that_is_certain_does_not_wait_for_another_check(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    """The check of a service without a process may last until its time-out."""
    started(porterd, service.port, HealthCheck(interval_seconds=300))
    porterd.until(lambda: service.requests)
    porterd.systemd.pauses(2, EXITED, 3)
    porterd.until(lambda: handle.puts)
    (put,) = handle.puts
    assert [at for at, _ in service.requests if at < put.at] == [service.requests[0][0]]
    porterd.until(lambda: len(service.requests) > 1)  # `/v1/service` stays up to date


def test_haproxys_own_exits_count_too(porterd: PorterdProcess, handle: WaitHandle) -> None:
    """Another server that answers 200 has HAProxy's port; its answers are not successes."""
    unit = "porter-haproxy.service"
    porterd.systemd.says(unit)
    with running(imposter := Service()):
        started(porterd, imposter.port, HealthCheck())
        alert = "[ALERT] cannot bind socket (Address already in use) [0.0.0.0:80]"
        porterd.systemd.wrote(f"[NOTICE] haproxy\n{alert}\n[NOTICE] haproxy\n{alert}\n", unit)
        porterd.systemd.wrote("no word of mine\n")
        for restarts in (1, 2, 3):
            looks = len(porterd.systemd.calls)
            porterd.systemd.says(unit, NRestarts=restarts)
            porterd.until(lambda looks=looks: len(porterd.systemd.calls) > looks + 1)
        porterd.until_signal("sent")
    assert handle.puts[0].signal["Reason"] == (
        "hello will not become healthy: HAProxy ended (3 times), after the service had answered. "
        "Last lines of HAProxy: [ALERT] cannot bind socket (Address already in use) [0.0.0.0:80]"
    )


def test_when_time_is_up_the_service_has_the_last_word(
    porterd: PorterdProcess, handle: WaitHandle
) -> None:
    """The reason quotes the service's last lines, which may name another port, and its exits."""
    porterd.systemd.says()
    porterd.systemd.wrote("Serving on port 9000\n")
    porterd.watch_over(port := free_port(), timeout_seconds=8)
    porterd.start()
    porterd.until(lambda: "porter-hello.service porter-haproxy.service" in porterd.systemd.calls)
    porterd.systemd.pauses(0, EXITED, 1)
    porterd.until_signal("sent")
    assert handle.puts[0].signal["Reason"] == (
        f"hello did not become healthy within 6 s: GET /health on port {port}: "
        f"connection refused: HAProxy does not listen on port {port}. "
        "hello exited with code 1 (once). Last lines of hello: Serving on port 9000"
    )


@pytest.mark.parametrize("name", ["systemctl", "journalctl"])
def test_a_systemd_that_hangs_or_is_missing_changes_nothing(
    porterd: PorterdProcess, service: Service, handle: WaitHandle, name: str
) -> None:
    """Without systemd, only the health checks decide."""
    (porterd.systemd.programs / name).write_text("#!/bin/sh\nexec sleep 60\n")
    porterd.watch_over(service.port)
    porterd.start()
    porterd.until_signal("sent", seconds=20)
    assert handle.puts[0].signal["Status"] == "SUCCESS"
    assert SECRET not in porterd.log
