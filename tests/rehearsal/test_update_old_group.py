"""While other things change, the group of a release keeps its hosts, and can launch new ones."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.rehearse import Rehearsal, rehearsal
from porter.rehearsal.story.stage import Deadline
from tests.harness.sandbox import Sandbox
from tests.harness.slowness import slowness
from tests.rehearsal.updates import SERVICE, page, version

IMAGE = "/images/mine"
PROPS = f"machine_image=cdk.aws_ec2.MachineImage.from_ssm_parameter({IMAGE!r})"
TAGGED = "cdk.Tags.of(service.load_balancer).add('team', 'blue')"
RATE = 200
"""Requests a second."""
LOOK_SECONDS = 0.2
"""The seconds by which the test may notice late that the load balancer took a host out."""
HELD = """
import pathlib, time
while not pathlib.Path({flag!r}).exists():
    time.sleep(0.05)
"""


@pytest.fixture
def stage(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """An embedded AWS for several versions."""
    monkeypatch.setattr(tempfile, "tempdir", str(sandbox.temporary))
    with rehearsal(timeout=120 * slowness()) as stage:
        yield stage


@pytest.mark.machines
def test_a_moved_image_replaces_no_host_and_the_old_group_heals_during_an_update(
    sandbox: Sandbox, stage: Rehearsal
) -> None:
    service = SERVICE.format(version="v1")
    old_app = version(sandbox, "v1", props=PROPS)
    stage._stage.prepare(old_app, Deadline(60 * slowness()))  # starts the embedded AWS
    aws = account.clients(Environment(), stage._stage.emulator.endpoint)
    aws["ssm"].put_parameter(Name=IMAGE, Type="String", Value="ami-1")
    first = stage.deploy(old_app)
    assert first.ok, first.reason

    aws["ssm"].put_parameter(Name=IMAGE, Value="ami-2", Overwrite=True)
    tagged = stage.deploy(version(sandbox, "tagged", service=service, more=TAGGED, props=PROPS))
    assert (tagged.ok, tagged.hosts_started, tagged.hosts_stopped) == (True, 0, 0), tagged.reason

    flag = sandbox.temporary / "go"
    text = HELD.format(flag=str(flag)) + SERVICE.format(version="v2")
    late = version(sandbox, "v2", service=text, props=PROPS)
    killer = _Killer(stage, flag, old=1)
    update = stage.deploy(late)
    killer.join()
    assert update.stack_status == "UPDATE_COMPLETE", (update.reason, update.evidence)
    _, new, healed = stage._fleet.hosts
    assert new.healthy_at is not None
    assert healed.healthy_at is not None, "the old group launched no host that served"
    assert healed.healthy_at < new.healthy_at
    assert page(update.url) == "v2"


@pytest.mark.exhaustive
def test_under_load_only_requests_to_the_killed_host_fail(
    sandbox: Sandbox, stage: Rehearsal
) -> None:
    """During one update an old host is killed, the AMI's parameter has moved, and a tag changes."""
    two = f"{PROPS}, min_capacity=2"
    old_app = version(sandbox, "old", props=two)
    stage._stage.prepare(old_app, Deadline(60 * slowness()))
    aws = account.clients(Environment(), stage._stage.emulator.endpoint)
    aws["ssm"].put_parameter(Name=IMAGE, Type="String", Value="ami-1")
    first = stage.deploy(old_app)
    assert first.ok, first.reason

    aws["ssm"].put_parameter(Name=IMAGE, Value="ami-2", Overwrite=True)
    flag = sandbox.temporary / "go"
    text = HELD.format(flag=str(flag)) + SERVICE.format(version="new")
    new_app = version(sandbox, "new", service=text, more=TAGGED, props=two)
    load = subprocess.Popen(
        [sys.executable, "-m", "tests.rehearsal.steady", str(first.url), str(RATE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    began = time.monotonic()
    killer = _Killer(stage, flag, old=2)
    update = stage.deploy(new_app)
    killer.join()
    seconds = time.monotonic() - began
    result = json.loads(load.communicate(timeout=60)[0])
    assert update.stack_status == "UPDATE_COMPLETE", (update.reason, update.evidence)
    assert result["sent"] > 0.95 * RATE * seconds, (result["sent"], seconds)
    others = [
        one
        for one in result["failed"]
        if one["ended"] < killer.killed_at or one["sent"] > killer.out_at + LOOK_SECONDS
    ]
    sys.stderr.write(
        f"{result['sent']} requests in {seconds:.0f} s, {len(result['failed'])} failed, all of"
        f" them in the {killer.out_at - killer.killed_at:.2f} s until the load balancer noticed\n"
    )
    assert others == []


class _Killer(threading.Thread):
    """Ends the first of `old` hosts once the new group has one; creates `flag` when it is replaced.

    `killed_at` and `out_at`, when the load balancer took the host out, are epoch seconds.
    """

    def __init__(self, stage: Rehearsal, flag: Path, old: int) -> None:
        super().__init__(daemon=True)
        self._fleet = stage._fleet
        self._flag = flag
        self._old = old
        self._end = time.monotonic() + 100 * slowness()
        self.killed_at = self.out_at = 0.0
        self.start()

    def run(self) -> None:
        """Kill, and wait for the replacement."""
        hosts, old = self._fleet.hosts, self._old
        self._wait(lambda: len(hosts) > old)
        there = len(hosts)
        self.killed_at = time.time()
        os.kill(hosts[0].machine._init.pid, signal.SIGKILL)  # type: ignore[attr-defined]
        self._wait(lambda: not self._gets_requests(hosts[0].instance_id))
        self.out_at = time.time()
        self._wait(lambda: any(host.healthy_at for host in hosts[max(there, 2 * old) :]))
        self._flag.touch()

    def join(self, timeout: float | None = 10) -> None:
        """Wait, and remove the flag."""
        super().join(timeout)
        self._flag.unlink()

    def _gets_requests(self, instance: str) -> bool:
        balancers = self._fleet.targets._balancers.values()
        return any(instance in balancer.healthy() for balancer in balancers)

    def _wait(self, done: Callable[[], bool]) -> None:
        while not done() and time.monotonic() < self._end:
            time.sleep(0.05)
