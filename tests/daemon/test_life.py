"""porterd sees in instance metadata that its host is to end, and asks for the drain once."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from porter.aws.metadata import Metadata
from porter.daemon.drains import Drains
from porter.daemon.events import Events
from porter.daemon.life import Life
from porter.spec import DRAIN_FILE, Ending
from tests.daemon.loopback import Imds, ImdsHandler, Service, WaitHandle
from tests.daemon.porterd_process import PorterdProcess
from tests.harness.slowness import slowness

STATE = "meta-data/autoscaling/target-lifecycle-state"


def _life(imds: Imds, folder: Path, events: Events | None = None) -> Life:
    events = events or Events(folder)
    return Life(Metadata(imds.url), folder / "drain", events, Drains(events, folder / "s", folder))


@pytest.mark.parametrize(
    ("state", "drains"),
    [
        ("InService", False),
        ("Detached", False),
        ("Standby", False),
        ("Warmed:Terminated", False),
        ("", False),
        ("Terminated", True),
    ],
)
def test_only_the_target_state_terminated_starts_the_drain(
    tmp_path: Path, imds: Imds, state: str, *, drains: bool
) -> None:
    if state:
        imds.tree[STATE] = state
    events = Events(tmp_path)
    _life(imds, tmp_path, events).look()
    assert (tmp_path / "drain").exists() is drains
    told = [(one["kind"], one["notice"]) for one in events.since(0).events]
    assert told == ([("notice", "terminating")] if drains else [])


def test_notices_of_ec2_are_looked_for_at_once_and_at_every_third_look(
    tmp_path: Path, imds: Imds
) -> None:
    """EC2 advises to look every five seconds."""
    imds.tree[STATE] = "InService"
    imds.tree["meta-data/spot/instance-action"] = '{"action": "terminate"}'
    events = Events(tmp_path)
    life = _life(imds, tmp_path, events)
    life.look()
    assert [one["notice"] for one in events.since(0).events] == ["spot-interruption"]
    for _ in range(6):
        life.look()
    assert len(events.since(0).events) == 1
    assert len([path for path in imds.requests if path.endswith("/instance-action")]) == 3


SPOT = "meta-data/spot/instance-action"
PLANNED = "meta-data/events/maintenance/scheduled"


def _scheduled(code: str, seconds: float, state: str = "active") -> str:
    then = datetime.now(UTC) + timedelta(seconds=seconds)
    at = then.strftime("%d %b %Y %H:%M:%S GMT")
    return json.dumps([{"Code": code, "NotBefore": at, "EventId": "e-1", "State": state}])


def _taken(seconds: float) -> str:
    then = datetime.now(UTC) + timedelta(seconds=seconds)
    return json.dumps({"action": "terminate", "time": f"{then:%Y-%m-%dT%H:%M:%SZ}"})


@pytest.mark.parametrize(
    ("path", "text", "seconds"),
    [
        pytest.param(SPOT, lambda: _taken(100), 100, id="terminate"),
        pytest.param(SPOT, lambda: _taken(100).replace("terminate", "stop"), 100, id="stop"),
        pytest.param(SPOT, lambda: _taken(9).replace("terminate", "hibernate"), None, id="sleep"),
        pytest.param(SPOT, lambda: "what?", 120, id="unreadable"),
        pytest.param(PLANNED, lambda: _scheduled("instance-retirement", 60), 60, id="retirement"),
        pytest.param(PLANNED, lambda: _scheduled("instance-stop", 3600), None, id="later"),
        pytest.param(
            PLANNED, lambda: _scheduled("instance-stop", 60, "completed"), None, id="completed"
        ),
        pytest.param(PLANNED, lambda: _scheduled("system-reboot", 60), None, id="reboot"),
        pytest.param(PLANNED, lambda: "what?", None, id="unreadable-plan"),
    ],
)
def test_a_notice_that_takes_the_host_away_starts_a_drain_with_an_end(
    tmp_path: Path, imds: Imds, path: str, text: Callable[[], str], seconds: float | None
) -> None:
    imds.tree[path] = text()
    _life(imds, tmp_path).look()
    if seconds is None:
        assert not (tmp_path / "drain").exists()
        return
    ending = Ending.parse((tmp_path / "drain").read_text())
    assert not ending.hooked
    assert ending.ends is not None
    assert abs(ending.ends - time.time() - seconds) < 30 * slowness()


def test_a_second_notice_adds_to_the_first_also_after_a_restart(tmp_path: Path, imds: Imds) -> None:
    imds.tree[SPOT] = '{"action": "terminate", "time": "2126-12-01T08:22:00Z"}'
    _life(imds, tmp_path).look()
    imds.tree[STATE] = "Terminated"
    _life(imds, tmp_path).look()
    ending = Ending.parse((tmp_path / "drain").read_text())
    assert ending == Ending(hooked=True, ends=4_951_786_920)
    assert (tmp_path / "drain").stat().st_mode & 0o777 == 0o644


def test_a_silent_metadata_service_is_logged_once_and_changes_nothing(
    tmp_path: Path, imds: Imds, caplog: pytest.LogCaptureFixture
) -> None:
    imds.tree[STATE] = "InService"
    imds.script = [403, 403]
    life = _life(imds, tmp_path)
    with caplog.at_level(logging.WARNING, "porter.daemon.life"):
        life.look()
        life.look()
    assert len(caplog.messages) == 1
    assert not (tmp_path / "drain").exists()


def test_a_host_that_leaves_signals_nothing_about_programs_that_stop_on_purpose(
    porterd: PorterdProcess, imds: Imds, service: Service, handle: WaitHandle
) -> None:
    service.status = 500
    porterd.watch_over(service.port)
    porterd.start()
    imds.tree[STATE] = "Terminated"
    porterd.until((porterd.folders["runtime"] / DRAIN_FILE).exists)
    service.status = 200
    porterd.until(lambda: porterd.service()["gate"]["state"] == "healthy")
    time.sleep(1)
    assert porterd.service()["signal"]["state"] == "none"
    assert handle.puts == []


def test_a_bare_host_that_leaves_already_when_porterd_starts_signals_nothing(
    porterd: PorterdProcess, imds: Imds, handle: WaitHandle
) -> None:
    """Nothing but porterd is checked there, so the first round decides."""

    class Slow(ImdsHandler):
        def do_GET(self) -> None:  # noqa: N802 - the base class names it
            if self.path.endswith(STATE):
                time.sleep(1)
            super().do_GET()

    imds.RequestHandlerClass = Slow
    imds.tree[STATE] = "Terminated"
    porterd.watch_over(None)
    porterd.start()
    porterd.until(lambda: porterd.service()["gate"]["state"] == "healthy")
    time.sleep(1)
    assert handle.puts == []


def test_each_notice_of_aws_is_one_event_across_a_restart(
    porterd: PorterdProcess, imds: Imds, service: Service
) -> None:
    porterd.watch_over(service.port)
    porterd.start()
    imds.tree["meta-data/events/recommendations/rebalance"] = (
        '{"noticeTime": "2026-12-01T03:00:00Z"}'
    )
    imds.tree["meta-data/spot/instance-action"] = '{"action": "terminate"}'
    waiting = "/v1/events?kind=notice&wait=20"
    told = porterd.get(waiting)[1]
    while len(told["events"]) < 2:
        told = porterd.get("/v1/events?kind=notice&since=0&wait=1")[1]
    porterd.stop()
    porterd.start()
    imds.tree[STATE] = "Terminated"
    (last,) = porterd.get(f"{waiting}&since={told['next']}")[1]["events"]
    assert [one["notice"] for one in [*told["events"], last]] == [
        "spot-interruption",
        "rebalance",
        "terminating",
    ]
