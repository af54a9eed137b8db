"""After a kill at any moment, porterd continues the gate, and CloudFormation gets one verdict."""

import time

import pytest

from porter.spec import HealthCheck
from tests.daemon.kills import KILLS, Kill, kill_worker, restart
from tests.daemon.loopback import Service, WaitHandle
from tests.daemon.porterd_process import PorterdProcess
from tests.harness.slowness import slowness

SLOW_COUNT = HealthCheck("/health", interval_seconds=0.4, timeout_seconds=1)


@pytest.mark.parametrize("kill", KILLS)
def test_killed_before_and_while_counting(
    porterd: PorterdProcess, service: Service, handle: WaitHandle, kill: Kill
) -> None:
    """Porterd counts from zero, since it missed checks, and then sends one signal."""
    service.status = 500
    porterd.watch_over(service.port, SLOW_COUNT)
    porterd.start()
    porterd.until(lambda: porterd.service().get("last_check"))
    kill(porterd)
    service.status = 200
    porterd.until(lambda: porterd.service().get("gate", {}).get("state") == "confirming")
    kill(porterd)
    porterd.until_signal("sent")
    assert [put.signal["Status"] for put in handle.puts] == ["SUCCESS"]


@pytest.mark.parametrize("kill", KILLS)
def test_killed_while_the_signal_is_under_way(
    porterd: PorterdProcess, service: Service, handle: WaitHandle, kill: Kill
) -> None:
    """The first signal may have arrived, so porterd repeats it, even if the service has died."""
    handle.script = [3.0]
    porterd.watch_over(service.port)
    porterd.start()
    porterd.until(lambda: handle.puts)
    service.status = 500
    kill(porterd)
    porterd.until_signal("sent")
    assert len(handle.puts) == 2
    assert len({put.body for put in handle.puts}) == 1


@pytest.mark.parametrize("kill", KILLS)
def test_killed_after_the_signal(
    porterd: PorterdProcess, service: Service, handle: WaitHandle, kill: Kill
) -> None:
    """The verdict stays, the checks continue, and porterd sends no signal."""
    porterd.watch_over(service.port)
    porterd.start()
    before = porterd.until_signal("sent")
    checks = len(service.requests)
    kill(porterd)
    porterd.until(lambda: len(service.requests) > checks)
    after = porterd.until_signal("sent")
    assert after["gate"] == before["gate"]
    for at in ("first_healthy_at", "healthy_at"):
        assert after[at] == before[at]
    assert after["signal"] == before["signal"]
    assert len(handle.puts) == 1


def test_a_killed_worker_is_replaced_at_once(porterd: PorterdProcess, service: Service) -> None:
    """The limit is two seconds, and more on a slow machine."""
    porterd.watch_over(service.port)
    porterd.start()
    worker = porterd.worker
    killed = time.monotonic()
    kill_worker(porterd)
    porterd.until(lambda: porterd.service() and porterd.worker != worker)
    assert time.monotonic() - killed < 2 * slowness()


def test_a_clock_put_right_after_the_first_start_does_not_fail_a_healthy_service(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    """By the clock of now, porterd's first start was an hour ago."""
    porterd.watch_over(service.port)
    porterd.write_journal(started_at=time.time() - 3600)
    porterd.start()
    porterd.until_signal("sent")
    assert [put.signal["Status"] for put in handle.puts] == ["SUCCESS"]


def test_the_deadline_counts_from_the_first_start(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    """A restart must not prolong the deadline: the wait condition's time goes on."""
    service.status = 500
    porterd.watch_over(service.port, timeout_seconds=60)
    porterd.write_journal(started_at=time.time() - 40)
    porterd.start()
    launched_at = porterd.launched_at
    for _ in range(2):
        restart(porterd)
    served_at = time.time()
    assert porterd.launched_at == launched_at
    porterd.until_signal("sent", 60)
    (put,) = handle.puts
    assert put.signal["Status"] == "FAILURE"
    assert put.at - launched_at >= 45
    assert put.at - served_at < 30, "what remained of the 45 seconds, not 45 more"
