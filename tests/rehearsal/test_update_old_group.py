"""While other things change, the group of a release keeps its hosts, and can launch new ones."""

from __future__ import annotations

import os
import signal
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
    killer = threading.Thread(target=_kill_during_the_update, args=(stage, flag), daemon=True)
    killer.start()
    update = stage.deploy(late)
    killer.join(10)
    flag.unlink()
    assert update.stack_status == "UPDATE_COMPLETE", (update.reason, update.evidence)
    _, new, healed = stage._fleet.hosts
    assert new.healthy_at is not None
    assert healed.healthy_at is not None, "the old group launched no host that served"
    assert healed.healthy_at < new.healthy_at
    assert page(update.url) == "v2"


def _kill_during_the_update(stage: Rehearsal, flag: Path) -> None:
    """End the old group's host once the new group has one; create `flag` when it is replaced."""
    end = time.monotonic() + 100
    hosts = stage._fleet.hosts

    def wait(done: Callable[[], bool]) -> None:
        while not done() and time.monotonic() < end:
            time.sleep(0.1)

    wait(lambda: len(hosts) > 1)
    os.kill(hosts[0].machine._init.pid, signal.SIGKILL)  # type: ignore[attr-defined]
    wait(lambda: len(hosts) > 2 and hosts[2].healthy_at is not None)
    flag.touch()
