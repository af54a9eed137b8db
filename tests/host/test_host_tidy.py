"""Payloads of earlier releases are removed once no job can run in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.core.unit_state import UnitState
from porter.host.release import tidy
from porter.spec import Job
from tests.host.fake_host import host_deployment, host_spec
from tests.host.goals import goal_of

JOB = Job(name="report", command=("true",), schedule="daily")
GOAL = goal_of(host_spec(jobs=(JOB,), lease_table="leases"))
CURRENT = GOAL.layout.payload(host_deployment().payload)


@dataclass(frozen=True)
class Host(Machine):
    """A host with two payloads, and one that a killed apply was unpacking."""

    job: str = "inactive"

    def names(self, folder: Path) -> tuple[str, ...]:
        names = (".payload-x1y2", "bundle-bbbbbbbbbbbb", CURRENT.name, "payload-eeeeeeeeeeee")
        return names if folder == self.layout.payloads else ()

    def units(self, *names: str) -> dict[str, UnitState]:
        return {name: UnitState(active=self.job) for name in names}


OLD = ["remove /opt/porter/.payload-x1y2/", "remove /opt/porter/payload-eeeeeeeeeeee/"]
REMOVED: dict[str, list[str]] = {"inactive": OLD, "activating": [], "active": []}
"""The removed folders, by the state of a job's unit."""


@pytest.mark.parametrize("job", REMOVED)
def test_a_payload_is_kept_for_as_long_as_a_job_may_be_at_work_in_it(job: str) -> None:
    facts = tidy.look(GOAL, Host(Layout(), job=job))
    assert [step.title for step in tidy.plan(GOAL, facts)] == REMOVED[job]
