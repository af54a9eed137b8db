"""The port of a newer workload beside the serving one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.host.core.goal import Goal
from porter.host.core.layout import Layout
from porter.host.core.ports import CANDIDATES
from porter.host.core.view import View
from porter.host.release.slots import in_slot_b, placed
from porter.spec import HostSpec, Proxy, dumps
from tests.host.fake_host import WEB, host_spec
from tests.host.goals import goal_of


def goal(port: int = 8000) -> Goal:
    """Return the goal of a service on `port`, behind a proxy on port 8001."""
    proxy = Proxy(workload="web", port=8001)
    return goal_of(host_spec(proxy=proxy, workloads=(replace(WEB, port=port),)))


def port_of(moved: Goal) -> int | None:
    assert moved.spec.proxy
    assert (moved.spec.proxy.slot, moved.spec.proxy.port) == ("b", 8001)
    return moved.spec.web.port if moved.spec.web else None


def test_it_is_the_next_port_that_is_free_and_not_another_programs() -> None:
    """A port of another program counts as taken even if the program does not listen now."""
    last = 8000 + CANDIDATES
    assert port_of(in_slot_b(goal(), lambda _port: True)) == 8002
    assert port_of(in_slot_b(goal(), lambda port: port > 8004)) == 8005
    assert port_of(in_slot_b(goal(), lambda port: port >= last)) == last


def test_the_port_of_the_live_slot_is_kept_unless_another_program_has_it() -> None:
    assert port_of(in_slot_b(goal(), lambda _port: False, prefer=8044)) == 8044
    assert port_of(in_slot_b(goal(), lambda _port: True, prefer=8001)) == 8002


def test_without_a_free_port_the_ports_that_were_tried_are_named() -> None:
    with pytest.raises(PorterError, match=r"all ports from 8001 to 8050 are in use") as error:
        in_slot_b(goal(), lambda port: port > 8050)
    assert error.value.where == "proxy/workload"
    assert error.value.cure == "free one of them for the newer workload"


@pytest.mark.parametrize(("own", "first"), [(40_000, 40_001), (65_485, 65_486), (65_500, 65_486)])
def test_beside_a_high_port_it_is_one_that_exists(own: int, first: int) -> None:
    """The phase `limits` keeps all of them from connections."""
    assert port_of(in_slot_b(goal(own), lambda _port: True)) == first


PROXY = Proxy(workload="web", port=8001, slot="b")
LAST = host_spec(proxy=PROXY, workloads=(replace(WEB, port=8044),))
WORKER = replace(WEB, port=None)


def placed_after(root: Path, last: HostSpec | None, wanted: Goal) -> Goal:
    """Return `wanted` as the next apply places it, after the apply of `last`."""
    if last:
        file = root / "etc/porter/host.json"
        file.parent.mkdir(parents=True)
        file.write_text(dumps(last))
    return placed(wanted, View(Layout(root)))


def test_the_next_apply_leaves_the_program_in_its_slot_on_its_port(tmp_path: Path) -> None:
    assert port_of(placed_after(tmp_path, LAST, goal())) == 8044


@pytest.mark.parametrize(
    "last",
    [
        None,
        replace(LAST, proxy=replace(PROXY, slot="a")),
        replace(LAST, proxy=None, health_check=None, workloads=(WORKER,)),
        replace(LAST, proxy=replace(PROXY, workload="api"), workloads=(replace(WEB, name="api"),)),
    ],
    ids=["a first apply", "slot a", "no proxy", "another program"],
)
def test_without_that_program_in_slot_b_it_is_placed_in_slot_a(
    tmp_path: Path, last: HostSpec | None
) -> None:
    assert placed_after(tmp_path, last, goal()) == goal()


def test_a_release_without_a_proxy_has_no_slots(tmp_path: Path) -> None:
    wanted = goal_of(host_spec(proxy=None, health_check=None, workloads=(WORKER,)))
    assert placed_after(tmp_path, LAST, wanted) == wanted
