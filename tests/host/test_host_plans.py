"""The plan of one unit, from the facts of a host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from porter.host.core.facts import Facts
from porter.host.core.layout import Layout
from porter.host.core.service import File, Service, plan_removal, plan_unit
from porter.host.core.unit_state import UnitState
from porter.host.core.view import FileState

LAYOUT = Layout(Path("/"))
UNIT = File(Path("/etc/systemd/system/porter-web.service"), b"[Service]\n")
READ = File(Path("/etc/porter/web.env"), b"A=1\n")
WEB = Service("porter-web.service", UNIT, (READ,))
UP = UnitState(load="loaded", active="active", enabled=True)
OLD_UNIT = Service(WEB.name, File(UNIT.path, b"[Unit]\n"), (READ,))
OLD_READ = Service(WEB.name, UNIT, (File(READ.path, b"A=2\n"),))


def planned(
    state: UnitState, last: Service | None = WEB, *, reloads: bool = False, systemd: bool = True
) -> list[str]:
    """Return the plan for `WEB`, as verbs, on a host whose last apply started `last`."""
    wanted = Service(WEB.name, UNIT, (READ,), reloads=reloads)
    record = last and last.record(LAYOUT)
    files = {record.path: FileState(record.content, record.mode)} if record else {}
    steps = plan_unit(wanted, Facts(files, {WEB.name: state}, systemd=systemd), LAYOUT)
    return [str(step.as_json()["step"]) for step in steps]


@pytest.mark.parametrize(
    ("state", "last", "steps"),
    [
        (UP, WEB, []),
        (UP, OLD_READ, ["restart-unit", "write-file"]),
        (UP, OLD_UNIT, ["daemon-reload", "restart-unit", "write-file"]),
        (UP, None, ["daemon-reload", "restart-unit", "write-file"]),
        (UnitState(), None, ["enable-unit", "start-unit", "write-file"]),
        (UnitState(enabled=True), WEB, ["start-unit"]),
        (UnitState(load="loaded", enabled=True), WEB, ["start-unit"]),
        (UnitState(load="loaded", active="active"), WEB, ["enable-unit", "daemon-reload"]),
    ],
)
def test_systemd_reads_units_again_only_where_it_has_an_older_one(
    state: UnitState, last: Service | None, steps: list[str]
) -> None:
    assert planned(state, last) == steps


@pytest.mark.parametrize(
    ("last", "steps"),
    [
        (OLD_READ, ["reload-unit", "write-file"]),
        (OLD_UNIT, ["daemon-reload", "restart-unit", "write-file"]),
    ],
)
def test_a_unit_that_can_reload_restarts_only_for_a_new_unit_file(
    last: Service, steps: list[str]
) -> None:
    assert planned(UP, last, reloads=True) == steps


def test_the_record_of_a_start_is_readable() -> None:
    lines = WEB.record(LAYOUT).content.decode().splitlines(keepends=True)
    assert [line.split()[0] for line in lines] == ["unit", "reads"]
    assert all(line.endswith("\n") for line in lines)


def test_without_systemd_nothing_is_planned_for_a_unit() -> None:
    assert planned(UnitState(), None, systemd=False) == []


@pytest.mark.parametrize(
    ("facts", "steps"),
    [
        ({"units": {WEB.name: UP}, "systemd": True}, ["stop-unit", "disable-unit"]),
        ({"units": {}, "systemd": True}, []),
        (
            {"files": {UNIT.path: FileState(b"", 0o644)}, "units": {}, "systemd": True},
            ["remove-file", "daemon-reload"],
        ),
        (
            {"files": {UNIT.path: FileState(b"", 0o644)}, "units": {}, "systemd": False},
            ["remove-file"],
        ),
    ],
)
def test_only_what_is_there_is_removed(facts: dict[str, Any], steps: list[str]) -> None:
    found = Facts(facts.get("files", {}), facts["units"], systemd=facts["systemd"])
    planned = plan_removal(WEB.name, (UNIT.path, READ.path), found)
    assert [step.as_json()["step"] for step in planned] == steps
