"""When a host is beyond help: after restarts, or long after HAProxy failed; until it is well."""

from __future__ import annotations

from collections.abc import Callable

from porter.daemon.beyond_help import FAULT_SECONDS, WELL_SECONDS, Condition, judged

HELPLESS = {"mail": "exited with code 1"}


def play(
    helpless: Callable[[int], bool] = lambda _: False,
    fault: Callable[[int], bool] = lambda _: False,
    seconds: int = 1200,
) -> list[tuple[int, str]]:
    """Judge once a second; return each change of the reason with its time."""
    condition, changes, before = Condition(), [], ""
    for now in range(seconds):
        condition = judged(
            condition,
            now,
            helpless=HELPLESS if helpless(now) else {},
            not_its_fault="HAProxy does not listen" if fault(now) else "",
        )
        if condition.reason != before:
            changes.append((now, before := condition.reason))
    return changes


def test_a_well_host_is_not_beyond_help() -> None:
    assert play() == []


def test_a_host_with_a_program_beyond_restart_is_beyond_help_until_it_is_well_for_a_while() -> None:
    reason = "mail stays unhealthy after its restarts: exited with code 1"
    assert play(lambda now: now >= 100) == [(100, reason)]
    ends = 200 + int(WELL_SECONDS)
    assert play(lambda now: 100 <= now < 200) == [(100, reason), (ends, "")]


def test_a_program_that_is_well_now_and_then_does_not_help_its_host() -> None:
    changes = play(lambda now: now >= 100 and now % int(WELL_SECONDS) != 0)
    assert [now for now, _ in changes] == [100]


def test_a_fault_that_is_not_the_services_has_the_time_of_a_restart_of_haproxy() -> None:
    assert play(fault=lambda now: 100 <= now < 100 + FAULT_SECONDS) == []
    assert play(fault=lambda now: now % FAULT_SECONDS != 0) == []
    began = 100 + int(FAULT_SECONDS)
    reason = "the service is unhealthy for 300 s: HAProxy does not listen"
    assert play(fault=lambda now: now >= 100) == [(began, reason)]


def test_the_first_reason_stays() -> None:
    changes = play(lambda now: now >= 900, fault=lambda now: now >= 100)
    assert [now for now, _ in changes] == [100 + FAULT_SECONDS]
