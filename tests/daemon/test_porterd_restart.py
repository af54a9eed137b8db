"""Killed at any instant, porterd serves again, the gate goes on, and one verdict is heard."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from porter.spec import HealthCheck
from tests.daemon.loopback import Service, WaitHandle
from tests.daemon.porterd_process import PorterdProcess

SLOW_COUNT = HealthCheck("/health", interval_seconds=0.4, timeout_seconds=1)


def kill_worker(porterd: PorterdProcess) -> None:
    """End the worker; gunicorn starts another."""
    os.kill(porterd.worker, signal.SIGKILL)


def kill_all(porterd: PorterdProcess) -> None:
    """The host loses power; systemd starts porterd after the reboot."""
    porterd.sweep()
    porterd.start()


def kill_master(porterd: PorterdProcess) -> None:
    """The worker is orphaned, and still there when the next porterd starts."""
    porterd.kill_master()
    porterd.start()


def restart(porterd: PorterdProcess) -> None:
    """As `systemctl restart` does."""
    porterd.stop()
    porterd.start()


Kill = Callable[[PorterdProcess], None]
KILLS = [kill_worker, kill_master, kill_all, restart]


@pytest.mark.parametrize("kill", KILLS)
def test_killed_before_and_while_counting(
    porterd: PorterdProcess, service: Service, handle: WaitHandle, kill: Kill
) -> None:
    """The count begins anew, for what was not watched is not known; then one signal is sent."""
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
    """Nobody can know whether it arrived: the same is put again, though the service died since."""
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
    """The verdict stands, the checks go on, nothing is sent."""
    porterd.watch_over(service.port)
    porterd.start()
    before = porterd.until_signal("sent")
    checks = len(service.requests)
    kill(porterd)
    porterd.until(lambda: len(service.requests) > checks)
    after = porterd.until_signal("sent")
    assert after["gate"] == before["gate"]
    assert after["healthy_at"] == before["healthy_at"]
    assert after["signal"] == before["signal"]
    assert len(handle.puts) == 1


def test_a_killed_worker_is_replaced_at_once(porterd: PorterdProcess, service: Service) -> None:
    """Within the time in which nobody would notice."""
    porterd.watch_over(service.port)
    porterd.start()
    worker = porterd.worker
    killed = time.monotonic()
    kill_worker(porterd)
    porterd.until(lambda: porterd.service() and porterd.worker != worker)
    assert time.monotonic() - killed < 2


def test_the_deadline_counts_from_the_first_start(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    """Restarts must not prolong it: the wait condition's own clock does not stop."""
    service.status = 500
    porterd.watch_over(service.port, timeout_seconds=12)
    porterd.start()
    porterd.until(porterd.journal.exists)
    launched_at = porterd.launched_at
    restarted_at = launched_at
    while restarted_at - launched_at < 3:
        restarted_at = time.time()
        restart(porterd)
    assert porterd.launched_at == launched_at
    porterd.until_signal("sent", 20)
    (put,) = handle.puts
    assert put.signal["Status"] == "FAILURE"
    assert put.at - launched_at >= 9
    assert put.at - restarted_at < 9, "what remained of the nine seconds, not nine more"
