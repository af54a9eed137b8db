"""A group replaces unhealthy instances as its instance maintenance policy says.

Amazon EC2 Auto Scaling User Guide, "Instance maintenance policy for Auto Scaling group".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from porter.rehearsal.fleet.auto_scaling import AutoScalingGroup
from porter.rehearsal.fleet.maintenance import Maintenance
from porter.rehearsal.fleet.purchases import Purchases
from porter.rehearsal.fleet.sizing import Step, next_step
from porter.rehearsal.machines.api import ON_DEMAND, SPOT
from tests.harness import seeds
from tests.harness.effort import repeats
from tests.rehearsal.sizes import One, group, names

LAUNCH_FIRST = Maintenance(min_healthy=100, max_healthy=110)


def step(desired: int, here: Sequence[One], pending: str = "", **more: Any) -> Step[One]:
    """Return the next step; the instances named in `pending` are not in service yet."""
    wanted = group(desired, **{"maintenance": LAUNCH_FIRST, **more})
    return next_step(wanted, here, lambda one: one.name not in pending)


A, B, C = One("a"), One("b"), One("c")
SICK, SICK_TOO = One("a", unhealthy=True), One("b", unhealthy=True)


def test_an_unhealthy_instance_leaves_when_its_replacement_is_in_service() -> None:
    first = step(2, [SICK, B])
    assert (first.unhealthy, first.leaving, first.launches) == ([], [], 1)
    assert (names(first.there), first.replacements) == ("b", 1)
    waiting = step(2, [SICK, B, C], pending="c")
    assert (waiting.unhealthy, waiting.leaving, waiting.launches) == ([], [], 0)
    done = step(2, [SICK, B, C])
    assert (done.unhealthy, done.leaving, done.launches) == ([SICK], [], 0)


def test_without_a_policy_it_is_terminated_before_the_next_is_launched() -> None:
    found = step(2, [SICK, B], maintenance=None)
    assert (found.unhealthy, found.leaving, found.launches) == ([SICK], [], 1)
    assert found.replacements == 1
    both = step(2, [SICK, SICK_TOO], maintenance=None)
    assert (both.unhealthy, both.launches) == ([SICK, SICK_TOO], 2)


def test_a_group_that_is_ill_as_a_whole_replaces_one_after_the_other() -> None:
    assert step(2, [SICK, SICK_TOO]).launches == 1
    assert step(2, [SICK, SICK_TOO, C], pending="c") == Step(there=[C], leaving=[], launches=0)
    assert step(2, [SICK, SICK_TOO, C]).unhealthy == [SICK]


def test_a_replacement_that_never_becomes_healthy_replaces_nothing() -> None:
    """ADR 0040: an outage that all hosts share ends with one new host."""
    for _ in range(3):
        found = step(1, [SICK, B], pending="b")
        assert (found.unhealthy, found.leaving, found.launches) == ([], [], 0)


def test_an_instance_that_recovers_stays_and_its_pending_replacement_leaves() -> None:
    found = step(2, [A, B, C], pending="c")
    assert (found.leaving, found.unhealthy, found.launches) == ([C], [], 0)


def test_a_replacement_in_service_is_surplus_and_the_usual_rule_says_who_leaves() -> None:
    assert step(2, [A, B, C]).leaving == [A]
    newest = step(2, [A, B, C], termination_policies=("NewestInstance",))
    assert newest.leaving == [C]
    zones = [One("a", zone="x"), One("b", zone="y"), One("c", zone="y")]
    assert names(step(2, zones).leaving) == "b"


def test_a_scale_in_spares_those_that_serve_while_they_are_few() -> None:
    assert step(1, [A, B], pending="b", maintenance=None).leaving == [B]
    mixed = [One("a", ON_DEMAND), One("b"), One("c", ON_DEMAND)]
    found = step(2, mixed, pending="c", purchases=Purchases(base=1, percentage=0))
    assert names(found.leaving) == "c"


def test_a_scale_in_keeps_an_unhealthy_instance_until_its_replacement_is_in_service() -> None:
    assert names(step(1, [SICK, B, C], pending="bc").leaving) == "b"


def test_an_instance_at_risk_waits_until_its_replacement_is_in_service() -> None:
    risky = One("a", SPOT, at_risk=True)
    waiting = step(2, [risky, B, C], pending="c", rebalances=True)
    assert (waiting.leaving, waiting.launches) == ([], 0)
    done = step(2, [risky, B, C], rebalances=True)
    assert (done.leaving, done.unhealthy) == ([risky], [])


def test_one_more_instance_is_for_the_unhealthy_and_those_at_risk_together() -> None:
    both = [One("a", at_risk=True), One("b", unhealthy=True), C]
    assert step(3, both, rebalances=True).launches == 1
    done = step(3, [*both, One("d")], rebalances=True)
    assert (names(done.unhealthy), done.leaving) == ("b", [])


@pytest.mark.parametrize(
    ("low", "high", "bounds"),
    [
        (100, 110, {0: (0, 0), 1: (1, 2), 2: (2, 3), 9: (9, 10), 10: (10, 11), 25: (25, 27)}),
        (90, 120, {1: (1, 2), 2: (2, 3), 100: (90, 120)}),  # the last is the User Guide's example
        (90, 100, {1: (0, 1), 2: (1, 2), 10: (9, 10), 100: (90, 100)}),
        (100, 100, {1: (0, 1), 5: (4, 5)}),
        (0, 100, {3: (0, 3)}),
    ],
)
def test_the_bounds_of_a_policy(low: int, high: int, bounds: dict[int, tuple[int, int]]) -> None:
    policy = Maintenance(min_healthy=low, max_healthy=high)
    found = {desired: (policy.least(desired), policy.most(desired)) for desired in bounds}
    assert found == bounds


def test_a_policy_that_is_cleared_is_none() -> None:
    assert Maintenance.of({}) is None
    assert Maintenance.of({"MinHealthyPercentage": -1, "MaxHealthyPercentage": -1}) is None
    told = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110}
    assert Maintenance.of(told) == LAUNCH_FIRST


@dataclass(eq=False, slots=True)
class Two:
    """An instance that changes; it serves once it is `ready`."""

    zone: str
    life_cycle: str
    ready: bool = False
    said: bool = False
    at_risk: bool = False

    @property
    def unhealthy(self) -> bool:
        return self.ready and self.said

    @property
    def serves(self) -> bool:
        return self.ready and not self.said


class Simulated:
    """A group that follows `next_step`, and checks each step."""

    def __init__(self, wanted: AutoScalingGroup) -> None:
        self.group = wanted
        self.here = [
            Two("ab"[number % 2], SPOT, ready=True) for number in range(wanted.desired_capacity)
        ]

    def follow(self) -> None:
        before, desired = self._serving(), self.group.desired_capacity
        found = next_step(self.group, self.here, lambda one: one.ready)
        gone = [*found.leaving, *found.unhealthy]
        assert len(set(map(id, gone))) == len(gone)
        assert all(one.unhealthy for one in found.unhealthy)
        in_service = len([one for one in self.here if one.ready])
        self.here = [one for one in self.here if one not in gone]
        left = len([one for one in self.here if one.ready])
        policy = self.group.maintenance
        least = policy.least(desired) if policy else 0
        assert self._serving() >= min(before, desired), "a healthy instance ended"
        assert left >= min(in_service, least), "terminated before the replacement was in service"
        for number in range(found.launches):
            self.here.append(Two("ab"[number % 2], SPOT))
        assert len(self.here) <= (policy.most(desired) if policy else desired)

    def _serving(self) -> int:
        return len([one for one in self.here if one.serves])


POLICIES = st.sampled_from(
    [
        None,
        LAUNCH_FIRST,
        *(Maintenance(min_healthy=low, max_healthy=high) for low in (0, 90) for high in (100, 120)),
        Maintenance(min_healthy=100, max_healthy=100),
        Maintenance(min_healthy=100, max_healthy=200),
    ]
)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["unhealthy", "healthy", "ready", "lost", "size", "look"]),
        st.integers(0, 99),
    ),
    max_size=60,
)


@seed(seeds.seed())
@settings(max_examples=repeats(ci=200, all=3000), deadline=None, database=None)
@given(desired=st.integers(1, 12), policy=POLICIES, events=EVENTS)
def test_whatever_instances_say_a_group_keeps_those_that_serve_and_its_bounds(
    desired: int, policy: Maintenance | None, events: list[tuple[str, int]]
) -> None:
    simulated = Simulated(group(desired, maintenance=policy, max_size=desired))
    for what, number in events:
        if what == "size":
            desired = 1 + number % 12
            simulated.group = replace(simulated.group, desired_capacity=desired)
        elif simulated.here:
            one = simulated.here[number % len(simulated.here)]
            if what in ("unhealthy", "healthy"):
                one.said = what == "unhealthy"
            elif what == "ready":
                one.ready = True
            elif what == "lost":
                simulated.here.remove(one)
        simulated.follow()
    for _ in range(60):  # from now on, launches succeed and nobody complains
        for one in simulated.here:
            one.ready = True
        simulated.follow()
    assert len(simulated.here) == desired
    assert all(one.serves for one in simulated.here)
