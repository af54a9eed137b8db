"""A unit of their own keeps porterd's ports; systemd starts it only while porterd is down."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from porter.host.core.facts import Facts
from porter.host.core.goal import Goal
from porter.host.core.porterd_user import users
from porter.host.core.steps import ChangeUnit, Steps, WriteFile
from porter.host.core.unit_state import UnitState
from porter.host.core.view import FileState
from porter.host.jobs import files
from porter.host.system import porterd
from porter.spec import Job, Porterd
from tests.host.fake_host import host_spec
from tests.host.goals import analyze, goal_of

GOAL = goal_of(host_spec())
RUNS = UnitState(load="loaded", active="active", enabled=True)
PASSWD = {users(GOAL): FileState(b"\nporterd:x:998:", 0o644)}
BOTH = {"porterd.service": RUNS, "porterd.socket": RUNS}
CHANGED = replace(GOAL, spec=replace(GOAL.spec, porterd=Porterd(port=3002)))


def facts_after(steps: Steps) -> Facts:
    """Return the facts once `steps` are done."""
    written = {
        one.path: FileState(one.content, one.mode) for one in steps if isinstance(one, WriteFile)
    }
    service = porterd.porterd_service(GOAL)
    reads = {one.path: FileState(one.content, one.mode) for one in service.reads}
    return Facts({**PASSWD, **reads, **written}, BOTH, systemd=True)


def changes(steps: Steps) -> list[str]:
    """Return the changes of units."""
    return [f"{one.verb} {one.unit}" for one in steps if isinstance(one, ChangeUnit)]


def planned(facts: Facts, goal: Goal = GOAL) -> Steps:
    """Return the phase's steps on a host where nobody else has porterd's port."""
    return porterd.plan(goal, porterd.PorterdFacts(facts))


def first() -> Steps:
    """Return the steps of a first apply."""
    units = dict.fromkeys(BOTH, UnitState())
    return planned(Facts(PASSWD, units, systemd=True))


def test_the_ports_are_taken_before_porterd_starts_and_at_every_boot() -> None:
    assert changes(first()) == [
        "enable porterd.socket",
        "start porterd.socket",
        "enable porterd.service",
        "start porterd.service",
    ]
    assert planned(facts_after(first())) == ()


def test_porterd_finds_the_outcomes_of_jobs_where_jobs_leave_them() -> None:
    job = Job(name="report", command=("true",), schedule="*-*-* 03:00:00")
    spec = replace(GOAL.spec, jobs=(job,), lease_table="leases")
    unit = porterd.porterd_service(replace(GOAL, spec=spec)).unit.content.decode()
    folder = files.outcome(GOAL.layout, "report").parent
    assert f"Environment=PORTER_JOBS_DIRECTORY={folder}\n" in unit
    assert "JOBS" not in porterd.porterd_service(GOAL).unit.content.decode()


def test_a_porterd_that_holds_its_ports_itself_stops_before_systemd_takes_them() -> None:
    """So an older porter left it."""
    older = {**BOTH, "porterd.socket": UnitState()}
    assert changes(planned(replace(facts_after(first()), units=older))) == [
        "stop porterd.service",
        "enable porterd.socket",
        "start porterd.socket",
        "start porterd.service",
    ]


def test_another_port_moves_the_socket_while_porterd_is_down() -> None:
    steps = changes(planned(facts_after(first()), CHANGED))
    assert steps == ["stop porterd.service", "restart porterd.socket", "start porterd.service"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing")
def test_systemd_accepts_the_sockets_unit(tmp_path: Path) -> None:
    for unit in (porterd.porterd_socket(GOAL), porterd.porterd_service(GOAL)):
        text = unit.unit.content.decode().replace("/usr/bin/python3.11", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    done = analyze("verify", "--man=no", str(tmp_path / "porterd.socket"))
    assert (done.returncode, done.stderr) == (0, "")
