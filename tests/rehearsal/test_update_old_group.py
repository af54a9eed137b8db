"""While other things change, the group of a release keeps its hosts, and can launch new ones."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.workspace import App
from porter.rehearsal.rehearse import Rehearsal, rehearsal
from porter.rehearsal.story.deadline import Deadline
from tests.harness.sandbox import Sandbox
from tests.harness.slowness import slowness
from tests.rehearsal.load import steady_load
from tests.rehearsal.updates import SERVICE, page, version

IMAGE = "/images/mine"
PROPS = f"machine_image=cdk.aws_ec2.MachineImage.from_ssm_parameter({IMAGE!r})"
TAGGED = "cdk.Tags.of(service.load_balancer).add('team', 'blue')"
RATE = 200
"""Requests a second."""
LOOK_SECONDS = 0.2
"""The seconds by which the test may notice late that the load balancer took a host out."""
HELD = """
import socket, time
while socket.socket().connect_ex(("127.0.0.1", {port})):
    time.sleep(0.05)
"""
"""Waits until something listens on the port: a program's `/tmp` has no file of the test's."""


@pytest.fixture
def stage(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """An embedded AWS for several versions."""
    monkeypatch.setattr(tempfile, "tempdir", str(sandbox.temporary))
    with rehearsal(timeout=120 * slowness()) as stage:
        yield stage


@pytest.fixture
def gate() -> Iterator[socket.socket]:
    """A port on loopback where nothing listens yet."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound


@pytest.mark.machines
def test_a_moved_image_replaces_no_host_and_the_old_group_heals_during_an_update(
    sandbox: Sandbox, stage: Rehearsal, gate: socket.socket
) -> None:
    service = SERVICE.format(version="v1")
    old_app = version(sandbox, "v1", props=PROPS)
    stage._stage.prepare(App(folder=old_app), Deadline(60 * slowness()))  # starts the embedded AWS
    aws = account.clients(Environment(), stage._stage.emulator.endpoint)
    aws["ssm"].put_parameter(Name=IMAGE, Type="String", Value="ami-1")
    first = stage.deploy(old_app)
    assert first.ok, first.reason

    aws["ssm"].put_parameter(Name=IMAGE, Value="ami-2", Overwrite=True)
    tagged = stage.deploy(version(sandbox, "tagged", service=service, more=TAGGED, props=PROPS))
    assert (tagged.ok, tagged.hosts_started, tagged.hosts_stopped) == (True, 0, 0), tagged.reason

    text = HELD.format(port=gate.getsockname()[1]) + SERVICE.format(version="v2")
    late = version(sandbox, "v2", service=text, props=PROPS)
    killer = _Killer(stage, gate, old=1)
    update = stage.deploy(late)
    killer.join(10)
    assert update.stack_status == "UPDATE_COMPLETE", (update.reason, update.evidence)
    _, new, healed = stage._fleet.hosts
    assert new.healthy_at is not None
    assert healed.healthy_at is not None, "the old group launched no host that served"
    assert healed.healthy_at < new.healthy_at
    assert page(update.url) == "v2"


@pytest.mark.exhaustive
def test_under_load_only_requests_to_the_killed_host_fail(
    sandbox: Sandbox, stage: Rehearsal, gate: socket.socket
) -> None:
    """During one update an old host is killed, the AMI's parameter has moved, and a tag changes."""
    two = f"{PROPS}, min_capacity=2"
    old_app = version(sandbox, "old", props=two)
    stage._stage.prepare(App(folder=old_app), Deadline(60 * slowness()))
    aws = account.clients(Environment(), stage._stage.emulator.endpoint)
    aws["ssm"].put_parameter(Name=IMAGE, Type="String", Value="ami-1")
    first = stage.deploy(old_app)
    assert first.ok, first.reason

    aws["ssm"].put_parameter(Name=IMAGE, Value="ami-2", Overwrite=True)
    text = HELD.format(port=gate.getsockname()[1]) + SERVICE.format(version="new")
    new_app = version(sandbox, "new", service=text, more=TAGGED, props=two)
    with steady_load(str(first.url), RATE) as ended:
        began = time.monotonic()
        killer = _Killer(stage, gate, old=2)
        update = stage.deploy(new_app)
        killer.join(10)
        seconds = time.monotonic() - began
        result = ended()
    assert update.stack_status == "UPDATE_COMPLETE", (update.reason, update.evidence)
    assert result["sent"] > 0.95 * RATE * seconds, (result["sent"], seconds)
    logged = _log_of_failures(stage)
    others = [
        {**one, "log": logged.get(one["number"])}
        for one in result["failed"]
        if f" targets/{killer.killed} " not in logged.get(one["number"], "")
        or one["ended"] < killer.killed_at
        or one["sent"] > killer.out_at + LOOK_SECONDS
    ]
    assert others == [], (
        f"{killer.killed} was killed at {killer.killed_at} and out at {killer.out_at}:"
        f"\n{json.dumps(others, indent=1)}"
    )
    sys.stderr.write(
        f"{result['sent']} requests in {seconds:.0f} s, {len(result['failed'])} failed, all of"
        f" them sent to the killed host in the {killer.out_at - killer.killed_at:.2f} s until the"
        " load balancer noticed\n"
    )


def _log_of_failures(stage: Rehearsal) -> dict[int, str]:
    """Return the load balancer's line on each failed request, by its number."""
    [balancer] = stage._fleet.targets._balancers.values()
    log = (balancer._folder / "haproxy.log").read_text()
    return {int(found[1]): found[0] for found in re.finditer(r".*GET /\?request=(\d+) .*", log)}


class _Killer(threading.Thread):
    """Ends the first of `old` hosts once the new group has one.

    Listens at `gate` once the host is replaced. `killed` is the host's instance id. `killed_at` and
    `out_at`, when the load balancer took the host out, are epoch seconds.
    """

    def __init__(self, stage: Rehearsal, gate: socket.socket, old: int) -> None:
        super().__init__(daemon=True)
        self._fleet = stage._fleet
        self._gate = gate
        self._old = old
        self._end = time.monotonic() + 100 * slowness()
        self.killed = ""
        self.killed_at = self.out_at = 0.0
        self.start()

    def run(self) -> None:
        """Kill, and wait for the replacement."""
        hosts, old = self._fleet.hosts, self._old
        self._wait(lambda: len(hosts) > old)
        there = len(hosts)
        self.killed = hosts[0].instance_id
        self.killed_at = time.time()
        os.kill(hosts[0].machine._init.pid, signal.SIGKILL)  # type: ignore[attr-defined]
        self._wait(lambda: not self._gets_requests(self.killed))
        self.out_at = time.time()
        self._wait(lambda: any(host.healthy_at for host in hosts[max(there, 2 * old) :]))
        self._gate.listen()

    def _gets_requests(self, instance: str) -> bool:
        balancers = self._fleet.targets._balancers.values()
        return any(instance in balancer.healthy() for balancer in balancers)

    def _wait(self, done: Callable[[], bool]) -> None:
        while not done() and time.monotonic() < self._end:
            time.sleep(0.05)
