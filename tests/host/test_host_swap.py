"""The plan of a swap with a certificate, which played machines do not have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from porter.host.core.goal import Goal
from porter.host.core.steps import Run, Step, WriteFile
from porter.host.core.view import FileState
from porter.host.release import swap
from porter.host.release.slots import in_slot_b
from porter.host.release.slotted import Slotted
from porter.rehearsal.machines.vpc import authority
from porter.spec import Proxy, Secret, Tls
from tests.host.fake_host import host_spec
from tests.host.goals import goal_of
from tests.host.swap_facts import facts_of_swap

CERTIFICATE = Secret(store="secretsmanager", id="certificate")
PROXY = Proxy(workload="web", port=443, tls=Tls(certificate=CERTIFICATE))


@pytest.fixture
def goal(tmp_path: Path) -> Goal:
    """Return the goal of a service behind TLS."""
    file = tmp_path / "server.pem"
    authority.issue(["web.example"], certificate=tmp_path / "root.pem", server=file)
    return replace(goal_of(host_spec(proxy=PROXY)), secrets={CERTIFICATE: file.read_text()})


def planned(goal: Goal, there: dict[Path, FileState]) -> tuple[Step, ...]:
    """Return the swap from a live workload to that of `goal`."""
    live = Slotted.of(goal, b"key")
    other = Slotted.of(in_slot_b(goal, lambda _port: True), b"key")
    return swap.plan(goal, facts_of_swap(live, other, there))


def test_a_first_certificate_is_there_before_haproxy_judges_its_configuration(goal: Goal) -> None:
    steps = planned(goal, {})
    written = [step.path if isinstance(step, WriteFile) else None for step in steps]
    [judged] = [index for index, step in enumerate(steps) if isinstance(step, Run)]
    assert goal.layout.certificate in written[:judged]


def test_a_certificate_that_is_there_is_exchanged_only_when_haproxy_loads_it(goal: Goal) -> None:
    steps = planned(goal, {goal.layout.certificate: FileState(b"an older one", 0o600)})
    assert goal.layout.certificate not in [
        step.path for step in steps if isinstance(step, WriteFile)
    ]
