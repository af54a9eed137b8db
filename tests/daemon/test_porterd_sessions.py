"""porterd keeps the workloads' sessions valid, and says why it has none."""

from __future__ import annotations

import socket
import time

from tests.daemon.handing import asked, given, profile, told
from tests.daemon.loopback import Imds, running
from tests.daemon.porterd_process import PorterdProcess
from tests.daemon.roles import Sts
from tests.harness.slowness import slowness

CALLER = {"AccessKeyId": "A", "SecretAccessKey": "b", "Token": "c"}
ROLE = "arn:aws:iam::123456789012:role/Service"


def start(porterd: PorterdProcess, imds: Imds, port: int | str) -> None:
    """Start porterd on a host whose AWS answers on `port`."""
    profile(imds, CALLER)
    told(porterd, ROLE)
    porterd.environment["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
    porterd.start()


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
