"""The port of a newer workload beside the serving one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from porter.errors import PorterError
from porter.host.core.goal import Goal
from porter.host.core.ports import CANDIDATES
from porter.host.release.slots import in_slot_b
from porter.spec import Proxy
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
