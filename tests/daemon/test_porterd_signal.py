"""porterd sends one signal, whatever fails on the way."""

import json
import socket
import time

import pytest

from porter.daemon.gate import WATCH_SECONDS
from porter.daemon.signaller import SEND_SECONDS
from porter.spec import HealthCheck
from tests.daemon.loopback import (
    HANDLE_PATH,
    INSTANCE_ID,
    Imds,
    Service,
    WaitHandle,
    running,
)
from tests.daemon.porterd_process import PorterdProcess
from tests.harness.free_port import free_port
from tests.harness.slowness import slowness


def test_a_healthy_service_is_signalled_within_two_and_a_half_seconds(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    """The default health check needs three successes, one second apart; then comes the PUT."""
    porterd.watch_over(service.port, HealthCheck())
    porterd.start()
    answer = porterd.until_signal("sent")
    (put,) = handle.puts
    first_success = service.requests[0][0]
    assert put.at - first_success <= 2 + 0.5 * slowness()
    assert answer["signal"]["at"] - answer["first_healthy_at"] <= 2 + 0.5 * slowness()
    took = answer["healthy_at"] - answer["first_healthy_at"]
    assert took >= 1.9
    assert put.signal == {
        "Status": "SUCCESS",
        "UniqueId": INSTANCE_ID,
        "Reason": f"hello is healthy: GET /health answered 200 3 times in {took:.1f} s",
        "Data": "hello",
    }
    assert porterd.log.count("hello: confirming") == 1
    assert _reads_of_the_journal(porterd) == 0


def _reads_of_the_journal(porterd: PorterdProcess) -> int:
    """Return how often porterd read what programs logged: only a failure's reason quotes it."""
    return sum("_SYSTEMD_UNIT=" in call for call in porterd.systemd.calls)


def test_the_request_is_as_the_presigned_url_demands(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    """The request has no Content-Type (the signature covers none) and the unchanged URL."""
    porterd.watch_over(service.port)
    porterd.start()
    porterd.until_signal("sent")
    (put,) = handle.puts
    assert put.target == HANDLE_PATH
    assert set(put.headers) == {"Host", "Content-Length"}


@pytest.mark.parametrize(
    ("script", "state"),
    [
        ((403,), "finished"),
        ((404,), "finished"),
        ((500, 500, 200), "sent"),
        (("reset", 200), "sent"),
        ((1.0,), "sent"),
    ],
    ids=["expired", "stack gone", "errors", "reset", "slow"],
)
def test_the_handle_decides_what_becomes_of_the_signal(
    porterd: PorterdProcess,
    service: Service,
    handle: WaitHandle,
    script: tuple[int | float | str, ...],
    state: str,
) -> None:
    """Porterd retries temporary errors with the same bytes, and gives up on an expired URL."""
    handle.script = list(script)
    porterd.watch_over(service.port)
    porterd.start()
    porterd.until_signal(state)
    time.sleep(0.5)
    assert len(handle.puts) == len(script)
    assert len({put.body for put in handle.puts}) == 1
    assert len(service.requests) <= 4, "after the verdict, checks are rare"


def test_a_signal_on_its_way_is_shown_as_intended(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    handle.script = [1.0]
    porterd.watch_over(service.port)
    porterd.start()
    shown = porterd.until_signal("intended")["signal"]
    assert (shown["status"], shown["at"]) == ("SUCCESS", None)
    porterd.until_signal("sent")


@pytest.mark.argument("PorterHost(timeout=...)", "porterd gives up before the time-out")
def test_a_service_that_never_answers_fails_before_the_wait_condition_does(
    porterd: PorterdProcess, handle: WaitHandle
) -> None:
    """Porterd gives up after three quarters of the time-out, with the reason."""
    port = free_port()
    porterd.watch_over(port, timeout_seconds=6)
    porterd.start()
    answer = porterd.until_signal("sent", 20)
    (put,) = handle.puts
    assert 4.5 <= put.at - porterd.launched_at < 4.5 + 1.5 * slowness()
    assert put.signal["Status"] == "FAILURE"
    assert put.signal["Reason"] == (
        "hello did not become healthy within 4 s: GET /health on port "
        f"{port}: connection refused: HAProxy does not listen on port {port}"
    )
    assert answer["gate"]["state"] == "failed"


def test_a_service_that_recovers_after_the_verdict_gets_no_second_signal(
    porterd: PorterdProcess, handle: WaitHandle
) -> None:
    """The same holds after a restart of porterd, which then finds the service healthy.

    The service takes its time: after the gate's deadline a check has its whole time-out again.
    """
    port = free_port()
    porterd.watch_over(port, timeout_seconds=1)
    porterd.start()
    porterd.until_signal("sent")
    reads = _reads_of_the_journal(porterd)
    porterd.stop()
    with running(service := Service(port)):
        service.seconds = 0.5
        porterd.start()
        porterd.until(lambda: service.requests)
        porterd.until(lambda: porterd.service()["last_check"])
        answer = porterd.service()
    assert answer["last_check"]["ok"]
    assert (answer["gate"]["state"], answer["gate"]["consecutive"]) == ("failed", 0)
    assert _reads_of_the_journal(porterd) == reads
    assert len(handle.puts) == 1


def test_a_service_that_flaps_starts_counting_again(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    """Only consecutive successes count."""
    service.script = [200, 200, 500, 200, 200, 503]
    porterd.watch_over(service.port)
    porterd.start()
    answer = porterd.until_signal("sent")
    assert handle.puts[0].signal["Status"] == "SUCCESS"
    times = [at for at, _ in service.requests]
    assert answer["first_healthy_at"] == pytest.approx(times[6], abs=0.05 * slowness())
    assert answer["healthy_at"] == pytest.approx(times[8], abs=0.05 * slowness())


def test_a_host_without_workloads_is_healthy_when_porterd_runs(
    porterd: PorterdProcess, handle: WaitHandle
) -> None:
    """No request is made, so nobody who fills porterd's port can prevent the signal."""
    porterd.watch_over(None)
    porterd.start()
    answer = porterd.until_signal("sent")
    assert handle.puts[0].signal["Status"] == "SUCCESS"
    assert handle.puts[0].signal["Reason"] == "hello is healthy: porterd runs on this host"
    assert answer["last_check"]["ok"]
    assert answer["last_check"]["status"] is None
    assert answer["last_check"]["seconds"] == 0


def test_metadata_that_is_out_of_order_delays_the_signal_and_does_not_lose_it(
    porterd: PorterdProcess, service: Service, handle: WaitHandle, imds: Imds
) -> None:
    """Four failures end porterd's question for the launch, four end the first attempt to signal.

    Two more delay the second attempt, which follows at once and not with the next health check.
    """
    imds.script = [500, "reset", 503, 500, *[500] * 6]
    porterd.watch_over(service.port)
    porterd.start()
    porterd.until_signal("sent", 20)
    assert imds.script == []
    (put,) = handle.puts
    assert put.signal["UniqueId"] == INSTANCE_ID
    assert put.signal["Status"] == "SUCCESS"
    assert put.at - service.requests[2][0] < WATCH_SECONDS
    assert len(service.requests) < 6, "checked once more before each attempt, and no more often"


@pytest.mark.exhaustive
def test_an_outage_of_s3_of_twenty_seconds_does_not_fail_a_healthy_deployment(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    """The outage lasts longer than one attempt."""
    handle.script = [503] * 999
    porterd.watch_over(service.port, timeout_seconds=600)
    porterd.start()
    porterd.until(lambda: handle.puts)
    time.sleep(SEND_SECONDS + 1)
    assert "the signal is not sent yet" in porterd.log
    handle.script = []
    porterd.until_signal("sent", 20)
    assert {put.signal["Status"] for put in handle.puts} == {"SUCCESS"}
    assert len({put.body for put in handle.puts}) == 1


def test_a_check_that_hangs_does_not_outlast_the_deadline(
    porterd: PorterdProcess, handle: WaitHandle
) -> None:
    """The time-out of the check is longer than the wait condition's."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        check = HealthCheck("/health", timeout_seconds=12)
        porterd.watch_over(mute.getsockname()[1], check, timeout_seconds=6)
        porterd.start()
        porterd.until_signal("sent", 20)
    (put,) = handle.puts
    assert put.signal["Status"] == "FAILURE"
    assert "hangs, no answer within" in put.signal["Reason"]
    assert put.at - porterd.launched_at < 4.5 + 1.5 * slowness()


def test_a_broken_journal_can_only_repeat_the_same_host(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    """CloudFormation ignores a repeated `UniqueId`, so a repetition is harmless."""
    porterd.journal.write_text('{"state": "se')
    porterd.watch_over(service.port)
    porterd.start()
    porterd.until_signal("sent")
    assert [put.signal["UniqueId"] for put in handle.puts] == [INSTANCE_ID]
    assert json.loads(porterd.journal.read_text())["state"] == "sent"
    assert "porterd starts anew" in porterd.log


def test_the_journal_of_another_handle_is_not_this_hosts(
    porterd: PorterdProcess, service: Service, handle: WaitHandle
) -> None:
    """A host from an image of a host that has signalled must signal too."""
    porterd.watch_over(service.port)
    porterd.write_journal(started_at=time.time() - 999, state="sent", handle="0" * 16)
    porterd.start()
    porterd.until(lambda: handle.puts)
    assert handle.puts[0].signal["Status"] == "SUCCESS"


def test_a_signal_nobody_could_take_is_given_up_with_the_wait_condition(
    porterd: PorterdProcess, service: Service, handle: WaitHandle, imds: Imds
) -> None:
    """The host comes back after the wait condition's time-out, without metadata."""
    imds.script = [500] * 99
    porterd.watch_over(service.port, timeout_seconds=2)
    porterd.write_journal(started_at=time.time() - 999)
    porterd.start()
    porterd.until_signal("failed")
    assert handle.puts == []
