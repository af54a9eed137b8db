"""Two rehearsals on one machine never get the same ports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from porter.rehearsal.fleet.free_ports import FreePorts
from porter.rehearsal.local import ports
from porter.rehearsal.local.claims import Claims
from tests.harness.free_port import free_port


@pytest.fixture
def two() -> Iterator[tuple[Claims, Claims]]:
    """The claims of two rehearsals."""
    both = Claims(), Claims()
    yield both
    for claims in both:
        claims.close()


def test_a_claimed_port_is_refused_to_others_until_it_is_released(
    two: tuple[Claims, Claims],
) -> None:
    mine, other = two
    port = free_port()
    assert mine.claim(port)
    assert mine.claim(port), "a claim by the same rehearsal"
    assert not other.claim(port)
    mine.close()
    assert other.claim(port)


def test_the_ports_of_a_host_that_is_gone_are_free_again_and_no_others() -> None:
    mine, other = FreePorts(moves=True), Claims()
    listener = mine.of_listener()
    moved = mine.of_host([80, 8443])
    gone = [moved.get(port, port) for port in (80, 8443)]
    mine.release(gone)
    assert all(other.claim(port) for port in gone)
    assert not other.claim(listener)
    other.close()
    mine.close()


def test_another_rehearsal_gets_other_ports_before_anything_listens(
    two: tuple[Claims, Claims], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither where ports move, nor a port that could stay."""
    monkeypatch.setattr(ports, "FREE", range(12_000, 12_200))
    wanted = [80, free_port()]
    got = [ports.choose(wanted, set(), claims) for claims in two for _ in range(20)]
    ends = [moved.get(port, port) for moved in got for port in wanted]
    mine, other = ends[:40], ends[40:]
    assert not {*mine} & {*other}
