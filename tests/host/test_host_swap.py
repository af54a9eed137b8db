"""The plan of a swap with a certificate, which no played machine has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from porter.host.core.facts import Facts
from porter.host.core.goal import Goal
from porter.host.core.steps import Run, Step, WriteFile
from porter.host.core.unit_state import UnitState
from porter.host.core.view import FileState
from porter.host.haproxy.runtime import Server
from porter.host.release import swap
from porter.host.release.slots import in_slot_b
from porter.host.release.slotted import Slotted
from porter.host.release.swap import SwapFacts
from porter.rehearsal.vpc import authority
from porter.spec import HAPROXY_UNIT, Proxy, Secret, Tls
from tests.host.fake_host import host_spec
from tests.host.test_host_units import goal_of

CERTIFICATE = Secret(store="secretsmanager", id="certificate")
PROXY = Proxy(workload="web", port=443, tls=Tls(certificate=CERTIFICATE))


@pytest.fixture
def goal(tmp_path: Path) -> Goal:
    """A service behind TLS."""
    file = tmp_path / "server.pem"
    authority.issue(["web.example"], certificate=tmp_path / "root.pem", server=file)
    return replace(goal_of(host_spec(proxy=PROXY)), secrets={CERTIFICATE: file.read_text()})


def planned(goal: Goal, there: dict[Path, FileState]) -> tuple[Step, ...]:
    """Return the swap from a live workload to that of `goal`."""
    live = Slotted.of(goal, b"key")
    other = Slotted.of(in_slot_b(goal, lambda _port: True), b"key")
    return swap.plan(goal, facts_of_swap(live, other, there))


def facts_of_swap(
    live: Slotted, other: Slotted, there: Mapping[Path, FileState] | None = None
) -> SwapFacts:
    """Return facts in which `live` serves and differs from the goal; `there` are more files."""
    record = live.service.record(live.goal.layout).path
    up = UnitState(load="loaded", active="active", enabled=True)
    units = {live.service.name: up, other.service.name: UnitState(), HAPROXY_UNIT: up}
    own = dict.fromkeys(live.service.files(live.goal.layout), FileState(b"", 0o600))
    files = {**own, record: FileState(b"another", 0o600), **(there or {})}
    facts = Facts(files, units, systemd=True)
    servers = {"web": Server("no check", 0)}
    return SwapFacts(live, other, facts, servers, Path("haproxy"), live.port)


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
