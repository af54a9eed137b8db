"""A host that is called unhealthy is replaced under load: launched first, then terminated."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from porter.rehearsal.machines.api import NOTE
from tests.harness.sandbox import TEMPLATE, Sandbox
from tests.harness.slowness import slowness
from tests.harness.staying import Staying
from tests.harness.synthesis import synthesize_once
from tests.harness.traces import until
from tests.rehearsal.busy_service import busy_service
from tests.rehearsal.groups import Group
from tests.rehearsal.load import steady_load

pytestmark = [pytest.mark.machines, pytest.mark.exhaustive]

RATE = 10
"""Requests a second through the load balancer; each takes 0.2 s."""

HEALTH = 'health_check=HealthCheck("/health"),'
APP = (TEMPLATE / "app.py").read_text().replace(HEALTH, f"{HEALTH}\n    min_capacity=2,")


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """The ill host, all hosts before and after, the load's result, activities, printed lines."""

    ill: str
    before: set[str]
    after: set[str]
    most: int
    load: dict[str, Any]
    activities: list[Mapping[str, Any]]
    lines: list[str]


@pytest.fixture(scope="module")
def replaced(sandbox: Sandbox) -> Replaced:
    """Call one of two hosts unhealthy, under load, and wait until it is gone."""
    process = sandbox.start(
        synthesize_once(sandbox.app(app=APP, service__main=busy_service('b"ok"'))), "--stay"
    )
    there = sandbox.staying(process)
    folder = min(there.temporary.glob("porter-rehearsal-*/host*/group.json")).parent
    ill = json.loads((folder / NOTE).read_text())["instance_id"]
    group = Group.below(there.temporary)
    before, seen = set(group.in_service()), [0]

    def gone() -> bool:
        time.sleep(0.3)  # a description costs CPU time, which the hosts need
        there_now = group.in_service()
        seen.append(len(there_now))
        return len(there_now) == 2 and ill not in there_now and not _left(there, ill)

    with steady_load(there.url, RATE) as result:
        group.aws["autoscaling"].set_instance_health(
            InstanceId=ill, HealthStatus="Unhealthy", ShouldRespectGracePeriod=False
        )
        assert until(gone, 90 * slowness()), group.instances()
        load = result()
    return Replaced(
        ill=ill,
        before=before,
        after=set(group.in_service()),
        most=max(seen),
        load=load,
        activities=group.activities(),
        lines=_lines(process),
    )


def _left(there: Staying, instance_id: str) -> list[Path]:
    """Return the folder of the host in its group; empty once it is gone."""
    notes = there.temporary.glob("porter-rehearsal-*/host*/group.json")
    return [one for one in notes if instance_id in (one.parent / NOTE).read_text()]


def _lines(process: subprocess.Popen[str]) -> list[str]:
    """Return what the rehearsal says of its hosts until one is terminated, and end it."""
    assert process.stderr is not None
    lines: list[str] = []
    while "Terminated" not in "".join(lines[-1:]) and (line := process.stderr.readline()):
        lines.append(line.rstrip())
    process.terminate()
    process.communicate(timeout=60)
    return lines


def test_no_request_fails_while_the_unhealthy_host_is_replaced(replaced: Replaced) -> None:
    assert replaced.load["failed"] == []
    assert replaced.load["sent"] > RATE


def test_exactly_the_unhealthy_host_is_replaced(replaced: Replaced) -> None:
    assert len(replaced.before) == len(replaced.after) == 2
    assert replaced.before - replaced.after == {replaced.ill}
    assert replaced.most <= 3
    causes = [one["Cause"].partition("Z ")[2] for one in replaced.activities]
    assert causes[-2:] == [
        "an instance was launched in response to an unhealthy instance needing to be replaced.",
        "an instance was taken out of service in response to a user health-check.",
    ]
    assert len(causes) == 4, "two hosts, and one more"


def test_the_rehearsal_says_that_the_host_left_after_its_replacement_came(
    replaced: Replaced,
) -> None:
    (newer,) = replaced.after - replaced.before
    said = [line.partition(" ")[2] for line in replaced.lines]
    leaves = [line.startswith(f"{replaced.ill}: Termina") for line in said]
    assert said.index(f"{newer}: InService") < leaves.index(True)
    why = "Terminated, drained, replaced because it was set unhealthy"
    assert said[-1] == f"{replaced.ill}: {why}"
    assert f"{replaced.ill}: InService, set unhealthy" in said
