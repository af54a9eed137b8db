"""Two rehearsals on one machine never get the same ports."""

from __future__ import annotations

from porter.rehearsal.local.claims import Claims

PORTS = (47001, 47002)


def test_a_claimed_port_is_refused_to_others_until_it_is_released() -> None:
    mine, other = Claims(), Claims()
    try:
        assert mine.refused(PORTS) == set()
        assert mine.refused(PORTS) == set(), "a claim by the same rehearsal"
        assert other.refused((47002, 47003)) == {47002}
        mine.close()
        assert other.refused(PORTS) == set()
    finally:
        mine.close()
        other.close()
