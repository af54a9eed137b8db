"""Attempts to signal: a temporary error delays the signal and never loses it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from porter.aws.metadata import Metadata
from porter.daemon import signaller
from porter.daemon.gate import Gate, Observation, advance, given_up, open_gate
from porter.daemon.journal import Journal
from porter.daemon.settings import Settings
from porter.daemon.signaller import Signaller
from porter.spec import HealthCheck, HostSpec, Porterd
from tests.daemon.loopback import INSTANCE_ID, Imds, WaitHandle

CHECK = HealthCheck("/health", healthy_threshold=1)
TIMEOUT = 600


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten an attempt from 20 s to a third of a second."""
    monkeypatch.setattr(signaller, "SEND_SECONDS", 0.3)


@pytest.fixture
def settings(tmp_path: Path, handle: WaitHandle) -> Settings:
    spec = HostSpec(schema=1, service="hello", timeout_seconds=TIMEOUT, porterd=Porterd(port=3001))
    return Settings(
        spec=spec,
        region="eu-west-1",
        handle_url=handle.url,
        state_directory=tmp_path,
        runtime_directory=tmp_path,
    )


@pytest.fixture
def signals(settings: Settings, imds: Imds) -> Signaller:
    return made(settings, imds)


def made(settings: Settings, imds: Imds) -> Signaller:
    journal = Journal(settings.state_directory, settings.handle_url)
    return Signaller(settings, Metadata(imds.url), journal)


def healthy() -> Gate:
    opened = open_gate(CHECK, opened_at=time.time(), timeout_seconds=TIMEOUT)
    return advance(opened, Observation(at=7.0, ok=True, status=200, seconds=0.1), time.time())


def states(signals: Signaller, gate: Gate) -> list[str]:
    """Attempt once; return the states of the record."""
    return [record.state for record in signals.attempt(gate)]


def test_a_wait_handle_that_is_out_of_order_is_tried_again_until_it_accepts(
    signals: Signaller, handle: WaitHandle
) -> None:
    """S3 fails for longer than one attempt lasts; a healthy deployment must not fail."""
    handle.script = [503] * 99
    assert states(signals, healthy()) == ["intended", "intended"]
    assert states(signals, healthy()) == ["intended"]
    handle.script = []
    assert states(signals, healthy()) == ["sent"]
    assert {put.signal["Status"] for put in handle.puts} == {"SUCCESS"}
    assert len({put.body for put in handle.puts}) == 1


def test_metadata_that_is_out_of_order_is_asked_again(
    signals: Signaller, handle: WaitHandle, imds: Imds
) -> None:
    imds.script = [500] * 4
    assert states(signals, healthy()) == ["none"]
    assert handle.puts == []
    assert states(signals, healthy()) == ["intended", "sent"]
    assert handle.puts[0].signal["UniqueId"] == INSTANCE_ID


@pytest.mark.parametrize(("age", "state"), [(TIMEOUT - 30, "intended"), (TIMEOUT + 1, "failed")])
def test_a_signal_is_given_up_only_when_the_wait_condition_has_timed_out(
    signals: Signaller,
    handle: WaitHandle,
    age: float,
    state: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    signals.record = replace(signals.record, started_at=time.time() - age)
    handle.script = [503] * 99
    assert states(signals, healthy())[-1] == state
    assert ("the wait condition has timed out: giving up" in caplog.text) == (state == "failed")
    assert states(signals, healthy()) == (["intended"] if state == "intended" else [])


def test_the_record_on_disk_says_intended_before_the_signal_leaves(
    settings: Settings, signals: Signaller, imds: Imds, handle: WaitHandle
) -> None:
    """A porterd that is killed now sends the same signal after its restart."""
    attempt = signals.attempt(healthy())
    assert next(attempt).state == "intended"
    assert handle.puts == []
    successor = made(settings, imds)
    assert successor.record == signals.record
    assert states(successor, given_up(healthy(), "it died")) == ["sent"]
    assert handle.puts[0].signal["Status"] == "SUCCESS"
    assert made(settings, imds).record.state == "sent"


def test_a_failure_is_signalled_with_its_cause(signals: Signaller, handle: WaitHandle) -> None:
    opened = open_gate(CHECK, opened_at=time.time(), timeout_seconds=TIMEOUT)
    assert states(signals, given_up(opened, "it died")) == ["intended", "sent"]
    assert handle.puts[0].signal == {
        "Status": "FAILURE",
        "UniqueId": INSTANCE_ID,
        "Reason": "hello will not become healthy: it died",
        "Data": "hello",
    }


def test_a_success_is_recorded_with_its_times(signals: Signaller) -> None:
    before = time.time()
    assert states(signals, healthy()) == ["intended", "sent"]
    record = signals.record
    assert (record.first_healthy_at, record.healthy_at) == (7.0, 7.0)
    assert record.at is not None
    assert before - 1 <= record.at <= time.time() + 1


def test_a_handle_that_nobody_watches_is_the_end(signals: Signaller, handle: WaitHandle) -> None:
    handle.script = [404]
    assert states(signals, healthy()) == ["intended", "finished"]
    assert states(signals, healthy()) == []
    assert len(handle.puts) == 1


def test_without_a_verdict_nothing_is_sent(signals: Signaller, handle: WaitHandle) -> None:
    opened = open_gate(CHECK, opened_at=time.time(), timeout_seconds=TIMEOUT)
    assert states(signals, opened) == []
    assert handle.puts == []
