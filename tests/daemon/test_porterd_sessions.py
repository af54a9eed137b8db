"""porterd keeps the workloads' sessions valid, and says why it has none."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from porter.aws.metadata import MetadataError
from porter.daemon.sessions import SessionError, Sessions
from tests.daemon.handing import asked, given, profile, told
from tests.daemon.loopback import INSTANCE_ID, Imds, running
from tests.daemon.porterd_process import PorterdProcess
from tests.daemon.roles import Sts
from tests.harness.slowness import slowness
from tests.harness.traces import until

CALLER = {"AccessKeyId": "A", "SecretAccessKey": "b", "Token": "c"}
ROLE = "arn:aws:iam::123456789012:role/Service"


def start(porterd: PorterdProcess, imds: Imds, port: int | str) -> None:
    """Start porterd on a host whose AWS answers on `port`."""
    profile(imds, CALLER)
    told(porterd, ROLE)
    porterd.environment["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
    porterd.start()


def known(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """Give this process and its children the host's credentials, and an AWS on `port`."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", CALLER["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CALLER["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", CALLER["Token"])


def test_an_aws_that_does_not_answer_holds_nothing_else_up(
    porterd: PorterdProcess, imds: Imds
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        start(porterd, imds, mute.getsockname()[1])
        status, answer = asked(porterd)
        assert (status, answer["message"]) == (502, f"{ROLE}: AWS has not answered yet")
        assert porterd.get("/health") == (200, {"status": "ok"})
        began = time.monotonic()
        porterd.stop()
        assert time.monotonic() - began < 10 * slowness()


def test_an_aws_that_does_not_answer_for_a_minute_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The minute is half a second here."""
    monkeypatch.setattr("porter.daemon.sessions._CHILD_SECONDS", 0.5)
    again, never = threading.Event(), threading.Event()
    ids = iter([INSTANCE_ID])

    def instance_id() -> str:
        if not (known := next(ids, "")):
            again.set()
            never.wait()  # the thread ends with the tests
        return known

    def problem() -> str:
        with pytest.raises(SessionError) as error:
            sessions.of("web", 0)
        return str(error.value)

    with socket.create_server(("127.0.0.1", 0)) as mute:
        known(monkeypatch, mute.getsockname()[1])
        sessions = Sessions(ROLE, "eu-west-1", ["web"], instance_id)
        sessions.start()
        assert until(lambda: problem() == f"{ROLE}: AWS did not answer within 0.5 s", 5), problem()
        assert until(again.is_set, 10)


def test_a_request_that_waits_gets_the_first_session_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running(sts := Sts(3600, caller=CALLER)):
        known(monkeypatch, sts.port)
        sessions = Sessions(ROLE, "eu-west-1", ["web"], lambda: INSTANCE_ID)
        sessions.start()
        began = time.monotonic()
        assert sessions.of("web", 600)["AccessKeyId"] == "K1"
        assert time.monotonic() - began < 20 * slowness()


def test_the_session_that_expires_first_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever AWS gives first."""
    with running(sts := Sts(3600, caller=CALLER)):
        known(monkeypatch, sts.port)
        for short in ("web", "mail"):
            sts.lifetimes = {f"{short}@{INSTANCE_ID}": -1}
            sessions = Sessions(ROLE, "eu-west-1", ["web", "mail"], lambda: INSTANCE_ID)
            with pytest.raises(SessionError, match="have expired"):
                sessions._renew()


def test_a_host_without_workloads_assumes_no_role() -> None:
    asked = threading.Event()

    def instance_id() -> str:
        asked.set()
        raise MetadataError("does not answer")

    Sessions(ROLE, "eu-west-1", [], instance_id).start()
    assert not asked.wait(0.2)


def test_sessions_that_have_expired_are_blamed_on_the_clock(
    porterd: PorterdProcess, imds: Imds
) -> None:
    with running(sts := Sts(lifetime_seconds=-1, caller=CALLER)):
        start(porterd, imds, sts.port)
        expired = "AWS's credentials have expired (correct the host's clock)"
        porterd.until(lambda: asked(porterd)[1]["message"] == expired, 10)


def test_a_crash_of_the_program_that_asks_aws_is_in_the_journal_and_tried_again(
    porterd: PorterdProcess, imds: Imds
) -> None:
    start(porterd, imds, "no port")
    porterd.until(lambda: porterd.log.count("Traceback") > 1)
    said = f"{ROLE}: cannot ask AWS; porterd's journal says why"
    assert asked(porterd)[1]["message"] == said


def test_sessions_are_renewed_ahead_of_time_and_old_ones_serve_while_that_fails(
    porterd: PorterdProcess, imds: Imds
) -> None:
    """The STS of this test gives sessions of a few seconds."""
    lifetime = 8 * min(4, slowness())
    with running(sts := Sts(lifetime, caller=CALLER)):
        start(porterd, imds, sts.port)
        first, began = given(porterd), time.monotonic()
        porterd.until(lambda: asked(porterd)[1] != first, lifetime)
        assert time.monotonic() - began > lifetime / 4, "when half of their life is over"
        second = asked(porterd)[1]
        assert sts.calls == 4, "two workloads, twice"
        assert sts.refused == []
        sts.status = 403
        porterd.until(lambda: sts.calls > 4, lifetime)
        assert asked(porterd) == (200, second), "it is valid still"
        porterd.until(lambda: asked(porterd)[0] == 502, 2 * lifetime)
        assert "(AccessDenied)" in asked(porterd)[1]["message"]
        sts.status = 200
        given(porterd)


def test_pauses_between_questions_grow_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The minute is 20 ms here; 20 pauses of up to five seconds would take half a minute."""
    monkeypatch.setattr("porter.daemon.sessions._LONGEST_PAUSE", 0.02)
    asked = threading.Semaphore(0)
    never = threading.Event()
    left = iter(range(20))

    def instance_id() -> str:
        if next(left, None) is None:
            asked.release()
            never.wait()  # the thread ends with the tests
        raise MetadataError("does not answer")

    Sessions(ROLE, "eu-west-1", ["web"], instance_id).start()
    assert asked.acquire(timeout=15)


def test_aws_is_not_asked_again_without_a_pause() -> None:
    times: list[float] = []
    never = threading.Event()

    def instance_id() -> str:
        times.append(time.monotonic())
        if len(times) == 4:
            never.wait()  # the thread ends with the tests
        raise MetadataError("does not answer")

    Sessions(ROLE, "eu-west-1", ["web"], instance_id).start()
    assert until(lambda: len(times) == 4, 30)
    assert times[3] - times[0] > 0.1
