"""When an unhealthy program is restarted: late enough, seldom, and not for ever."""

from __future__ import annotations

import random
from collections.abc import Callable

from porter.daemon.liveness import (
    FORGET_SECONDS,
    MOST_RESTARTS,
    MOST_UNANSWERED,
    Act,
    Liveness,
    looked,
    unjudged,
)
from tests.harness.effort import repeats

SICK = 30.0
WEB = Liveness(name="web", unhealthy_seconds=SICK, start_seconds=180.0)
MAIL = Liveness(name="mail", unhealthy_seconds=SICK)
LONG_AGO = float("-inf")


def play(
    one: Liveness,
    healthy: Callable[[int], bool],
    *,
    seconds: int = 3600,
    chance: float = 0.0,
    makes_it: Callable[[int], bool] = lambda _: True,
) -> list[tuple[int, Act]]:
    """Look once a second; return the acts with their times. A restart starts a new process."""
    started_at = LONG_AGO
    acts: list[tuple[int, Act]] = []
    for now in range(seconds):
        one, act = looked(one, now, healthy=healthy(now), started_at=started_at, chance=chance)
        if act is not Act.NOTHING:
            acts.append((now, act))
        if act is Act.RESTART and makes_it(now):
            started_at = now
    return acts


def test_a_healthy_program_is_left_alone() -> None:
    assert play(WEB, lambda _: True) == []


def test_a_program_that_is_unhealthy_for_a_shorter_time_is_left_alone() -> None:
    assert play(WEB, lambda now: now % 40 >= SICK - 1) == []


def test_a_program_that_hangs_is_restarted_once_if_that_helps() -> None:
    assert play(WEB, lambda now: now < 100 or now >= 140) == [(130, Act.RESTART)]


def test_restarts_pause_longer_each_time_and_end_with_one_decision() -> None:
    acts = play(MAIL, lambda now: now < 100)
    assert acts == [(130, Act.RESTART), (190, Act.RESTART), (310, Act.GIVE_UP)]
    assert [act for _, act in acts].count(Act.RESTART) == MOST_RESTARTS


def test_a_restart_that_root_did_not_make_does_not_count_but_is_not_asked_for_for_ever() -> None:
    """Root refuses while an apply runs, for instance."""
    acts = play(MAIL, lambda now: now < 100, makes_it=lambda now: now > 150)
    assert acts == [(130, Act.RESTART), (190, Act.RESTART), (250, Act.RESTART), (370, Act.GIVE_UP)]
    acts = play(MAIL, lambda now: now < 100, makes_it=lambda _: False)
    assert [act for _, act in acts] == [*MOST_UNANSWERED * [Act.RESTART], Act.GIVE_UP]
    back = 400 + int(FORGET_SECONDS)
    acts = play(MAIL, lambda now: now < 100 or 400 < now < back + 2, makes_it=lambda _: False)
    assert [act for now, act in acts if now > back] == [
        *MOST_UNANSWERED * [Act.RESTART],
        Act.GIVE_UP,
    ]


def test_a_restarted_program_has_the_time_of_a_start() -> None:
    acts = play(WEB, lambda now: now < 100)
    assert acts == [(130, Act.RESTART), (310, Act.RESTART), (490, Act.GIVE_UP)]


def test_a_program_that_systemd_has_just_restarted_may_start_slowly() -> None:
    one, now = WEB, 0.0
    while now < 100:
        one, _ = looked(one, now, healthy=True, started_at=LONG_AGO, chance=0)
        now += 1
    while now < 100 + 170:
        one, act = looked(one, now, healthy=False, started_at=100.5, chance=0)
        assert act is Act.NOTHING
        now += 1


def test_hosts_that_fail_together_do_not_restart_together() -> None:
    acts = [play(MAIL, lambda now: now < 100, chance=chance) for chance in (0, 0.5, 1)]
    assert [[now for now, _ in one] for one in acts] == [
        [130, 190, 310],
        [160, 250, 400],
        [190, 310, 490],
    ]


def test_a_program_that_nobody_could_judge_begins_its_time_anew() -> None:
    one, _ = looked(MAIL, 0, healthy=False, started_at=LONG_AGO, chance=0)
    one, act = looked(unjudged(one), 500, healthy=False, started_at=LONG_AGO, chance=0)
    assert (one.unhealthy_since, act) == (500, Act.NOTHING)


def test_a_program_that_was_healthy_for_long_begins_anew() -> None:
    back = 200 + int(FORGET_SECONDS) + 2
    acts = play(MAIL, lambda now: not (100 <= now < 200 or now >= back))
    assert acts[:2] == [(130, Act.RESTART), (190, Act.RESTART)]
    assert acts[2] == (back + SICK, Act.RESTART)


def test_whatever_checks_say_restarts_are_bounded_and_never_early(seed: int) -> None:
    restarts = 0
    for number in range(repeats(quick=50, ci=200, all=5_000)):
        chance = random.Random(f"{seed}/{number}")  # noqa: S311 - a simulation
        said: list[bool] = []
        while len(said) < 3000:
            said += [chance.random() < chance.choice((0, 0.02, 0.98, 1))] * chance.randint(1, 300)
        acts = play(MAIL, said.__getitem__, seconds=3000, chance=chance.random())
        restarts += len(acts)
        for now, _ in acts:
            assert not any(said[now - int(SICK) + 1 : now + 1]), f"seed {seed}, number {number}"
        for (first, _), (third, _) in zip(acts, acts[MOST_RESTARTS + 1 :], strict=False):
            assert third - first > FORGET_SECONDS, f"seed {seed}, number {number}"
    assert restarts
