"""A Spot interruption and drains by a program, under load through the load balancer."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from porter.rehearsal.machines.api import NOTE
from tests.harness.sandbox import Sandbox
from tests.harness.slowness import slowness
from tests.harness.staying import Staying
from tests.harness.synthesis import synthesize_once
from tests.harness.traces import until
from tests.rehearsal.busy_service import busy_service
from tests.rehearsal.load import ended_hosts, steady_load

pytestmark = [pytest.mark.machines, pytest.mark.exhaustive, pytest.mark.timeout(600)]

RATE = 50
"""Requests a second through the load balancer; each takes 0.2 s."""

NOTICE = 30
"""Seconds from the notice to the end, on AWS 120."""

ASKS_PORTERD = """
def porterd(path, method="GET"):
    token = {"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]}
    asked = urllib.request.Request(os.environ["PORTERD_URL"] + path, method=method, headers=token)
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        return error.read()

def answer(path):
    if path in ("/v1/drain", "/v1/undrain"):
        return porterd(path, "POST")
    return porterd(path) if path.startswith("/v1/") else b"ok"
"""
SERVICE = busy_service("answer(self.path)", ASKS_PORTERD)


@dataclass(frozen=True, kw_only=True)
class Drained:
    """What a program was answered, whether requests stopped and came back, and its events."""

    said: str
    undone: str
    without: bool
    again: bool
    stages: list[str]


@dataclass(frozen=True, kw_only=True)
class Interrupted:
    """What was printed, porterd's events, whether the drain was in time, when the host ended."""

    said: str
    events: list[tuple[str, str]]
    in_time: bool
    ended_after: float
    drain: str
    program: str


@dataclass(frozen=True, kw_only=True)
class Left:
    """The load's result, what happened meanwhile, and the rehearsal's lines about hosts."""

    load: dict[str, Any]
    drained: Drained
    interrupted: Interrupted
    ends: list[str]


@pytest.fixture(scope="module")
def left(sandbox: Sandbox) -> Left:
    """Take a host out and back in, and interrupt it, under load."""
    app = synthesize_once(sandbox.app(service__main=SERVICE))
    process = sandbox.start(app, "--stay")
    there = sandbox.staying(process)
    with steady_load(there.url, RATE) as result:
        there.porter("scale", "+1")
        assert until(lambda: len(_hosts(there)) == 2, 90 * slowness()), there.err
        drained = _drain_and_undrain(there)
        interrupted = _interrupt(there)
        assert until(lambda: len(_hosts(there)) == 2, 90 * slowness())
        load = result()
    ends = ended_hosts(process, 1)
    return Left(load=load, drained=drained, interrupted=interrupted, ends=ends)


def _hosts(there: Staying) -> list[Path]:
    """Return the folders of the hosts in the group, the newest first."""
    notes = there.temporary.glob("porter-rehearsal-*/host*/group.json")
    return [note.parent for note in sorted(notes, key=lambda note: -note.stat().st_mtime)]


def _answers(url: str, times: int = 1) -> tuple[set[str], Any]:
    """Return which hosts answer, and the last answer; the load counts failures."""
    hosts, body = set(), ""
    for _ in range(times):
        with suppress(OSError), urllib.request.urlopen(url, timeout=30) as answer:
            hosts.add(str(answer.headers["X-Host"]))
            body = answer.read().decode()
    return hosts, body


def _drain_and_undrain(there: Staying) -> Drained:
    """Have a program take its host out, and put it back, both seen through the load balancer."""
    assert until(lambda: len(_answers(there.url, 8)[0]) == 2, 30 * slowness())
    try:
        with urllib.request.urlopen(f"{there.url}v1/drain", timeout=60) as answer:
            out, said = str(answer.headers["X-Host"]), answer.read().decode()
    except urllib.error.HTTPError as error:
        pytest.fail(f"{error}: {error.read()!r}, {_journals(there)}")
    assert "drained" in said, said
    seconds = 30 * slowness()
    without = until(lambda: out not in _answers(there.url, 8)[0], seconds)
    direct = f"http://127.0.0.1:{out}"
    _, undone = _answers(f"{direct}/v1/undrain")
    again = until(lambda: out in _answers(there.url, 8)[0], seconds)
    _, events = _answers(f"{direct}/v1/events?kind=drain")
    stages = [event["stage"] for event in json.loads(events)["events"]]
    return Drained(said=said, undone=undone, without=without, again=again, stages=stages)


def _events(folder: Path) -> list[tuple[str, str]]:
    """Return the events about the end of the host in `folder`, from its porterd."""
    spec = json.loads((folder / "root/etc/porter/host.json").read_text())
    url = f"http://127.0.0.1:{spec['porterd']['port']}/v1/events"
    with urllib.request.urlopen(url, timeout=10) as answer:
        events = json.load(answer)["events"]
    told = [one for one in events if one["kind"] in ("notice", "drain")]
    return [(one["kind"], one.get("stage") or one["notice"]) for one in told]


def _interrupt(there: Staying) -> Interrupted:
    folder = _hosts(there)[0]
    victim = json.loads((folder / NOTE).read_text())["instance_id"]
    notice = there.porter("notice", victim, "spot-interruption", "--seconds", str(NOTICE))
    began = time.monotonic()
    events: list[tuple[str, str]] = []

    def drained() -> bool:
        events[:] = _events(folder)
        return ("drain", "done") in events

    assert until(drained, NOTICE), _journal(folder, "porterd-drain")
    in_time = (folder / "group.json").exists()
    assert until(lambda: not (folder / "group.json").exists(), NOTICE + 30 * slowness())
    return Interrupted(
        said=notice.stdout,
        events=events,
        in_time=in_time,
        ended_after=time.monotonic() - began,
        drain=_journal(folder, "porterd-drain"),
        program=_journal(folder, "porter-web"),
    )


def _journals(there: Staying) -> dict[str, str]:
    """Return what the programs of all hosts have printed."""
    return {folder.name: _journal(folder, "porter-web")[-2000:] for folder in _hosts(there)}


def _journal(folder: Path, unit: str) -> str:
    return (folder / f"root/var/log/journal/{unit}.service.log").read_text()


def test_no_request_fails(left: Left) -> None:
    assert left.load["failed"] == []
    assert left.load["sent"] > RATE * NOTICE / 2


def test_a_program_takes_its_host_out_of_the_load_balancer_and_back(left: Left) -> None:
    drained = left.drained
    assert (json.loads(drained.said), drained.without) == ({"drained": True}, True)
    assert (json.loads(drained.undone), drained.again) == ({"drained": False}, True)
    assert drained.stages[-2:] == ["out", "in"]


def test_a_spot_interruption_deregisters_drains_and_tells_every_step(left: Left) -> None:
    assert left.interrupted.events[-5:] == [
        ("notice", "spot-interruption"),
        *(("drain", stage) for stage in ("deregistering", "settling", "stopping", "done")),
    ]
    assert left.interrupted.in_time
    assert "stopped what this host ran: EC2 may end this host" in left.interrupted.drain
    assert "SIGTERM with 0 requests at hand" in left.interrupted.program


def test_ec2_ends_the_host_at_its_time_and_the_rehearsal_says_that_it_was_shorter(
    left: Left,
) -> None:
    assert left.interrupted.ended_after >= NOTICE - 2
    assert f"ends in {NOTICE} s, on AWS after 120 s" in left.interrupted.said
    assert left.ends[0].endswith(": Terminated, interrupted by EC2")
