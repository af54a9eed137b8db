"""The health gate alone, with every course of a start."""

import itertools

import pytest

from porter.daemon.gate import (
    FAST_SECONDS,
    WATCH_SECONDS,
    Gate,
    Observation,
    Phase,
    advance,
    given_up,
    interrupted,
    next_delay,
    open_gate,
    slow_to_start,
    time_for_check,
)
from porter.daemon.sentence import describe
from porter.daemon.settings import Target
from porter.spec import HealthCheck

CHECK = HealthCheck()
TARGET = Target(service="hello", port=80, health_check=CHECK, workload="web")


def opened(timeout_seconds: float = 100) -> Gate:
    """Return a gate without any check."""
    return open_gate(CHECK, opened_at=1000, timeout_seconds=timeout_seconds)


def run(seen: str, gate: Gate, start: float = 1000, missing: str = "") -> Gate:
    """Check once a second: each letter of `seen` is a success (o) or a failure (x)."""
    for second, letter in enumerate(seen):
        at = start + second
        ok = letter == "o"
        observation = Observation(
            at=at,
            ok=ok,
            status=200 if ok else 500,
            seconds=0.01,
            problem="" if ok else "answered 500",
        )
        gate = advance(gate, observation, at, missing)
    return gate


@pytest.mark.parametrize(
    ("seen", "phase", "consecutive"),
    [
        ("", Phase.WAITING, 0),
        ("xxx", Phase.WAITING, 0),
        ("o", Phase.CONFIRMING, 1),
        ("xo", Phase.CONFIRMING, 1),
        ("oo", Phase.CONFIRMING, 2),
        ("oox", Phase.WAITING, 0),
        ("ooxoo", Phase.CONFIRMING, 2),
        ("ooo", Phase.HEALTHY, 3),
        ("ooxooo", Phase.HEALTHY, 3),
        ("oooxxx", Phase.HEALTHY, 3),
    ],
)
def test_successes_must_be_consecutive(seen: str, phase: Phase, consecutive: int) -> None:
    """One failure resets the count; after the verdict no failure matters."""
    gate = run(seen, opened())
    assert (gate.phase, gate.consecutive) == (phase, consecutive)


@pytest.mark.parametrize("threshold", [1, 2, 3])
@pytest.mark.parametrize("deadline", [1, 4, 99])
def test_every_course_of_eight_checks(threshold: int, deadline: int) -> None:
    """All 2^8 courses of eight checks, compared with independent rules."""
    check = HealthCheck(healthy_threshold=threshold)
    blank = open_gate(check, opened_at=1000, timeout_seconds=deadline * 4 / 3)
    for course in map("".join, itertools.product("ox", repeat=8)):
        gates = [blank]
        for second, letter in enumerate(course):
            gates.append(run(letter, gates[-1], 1000 + second))
        first_run = course.find("o" * threshold)
        end_of_run = first_run + threshold - 1
        healthy = first_run >= 0 and end_of_run <= deadline
        verdicts = {gate.phase for gate in gates if gate.decided}
        assert len(verdicts) <= 1, "a verdict never changes: never two signals"
        if healthy:
            assert verdicts == {Phase.HEALTHY}
            assert gates[end_of_run].phase is not Phase.HEALTHY, "only after the whole run"
            assert gates[-1].first_healthy_at == 1000 + first_run
            assert gates[-1].healthy_at == 1000 + end_of_run
        else:
            assert verdicts == ({Phase.FAILED} if deadline <= 7 else set())
        assert all(gate.last for gate in gates[1:])


def test_checks_are_fast_until_the_first_answer_then_regular_then_rare() -> None:
    """After a relapse too: a service that has answered is not checked fast again."""
    assert next_delay(opened(), 1000) == FAST_SECONDS
    assert next_delay(run("xx", opened()), 1002) == FAST_SECONDS
    assert next_delay(run("xo", opened()), 1002) == CHECK.interval_seconds
    assert next_delay(run("ox", opened()), 1002) == CHECK.interval_seconds
    assert next_delay(run("ooo", opened()), 1003) == WATCH_SECONDS


def test_the_last_check_of_an_undecided_gate_is_at_its_deadline() -> None:
    """Porterd shortens an interval that would end after the deadline."""
    gate = run("o", opened())
    assert next_delay(gate, gate.deadline - 0.25) == 0.25
    assert next_delay(gate, gate.deadline + 5) == 0


def test_a_check_ends_by_the_deadline_until_the_verdict() -> None:
    """The check at the deadline itself gets a moment, in which a healthy service answers."""
    check = HealthCheck(timeout_seconds=5)
    gate = run("o", opened())
    assert time_for_check(gate, check, 999, gate.deadline - 30) == 5
    assert time_for_check(gate, check, 999, gate.deadline - 4) == 4
    assert time_for_check(gate, check, 999, gate.deadline) == 0.1
    assert time_for_check(gate, check, 999, gate.deadline + 9) == 0.1
    assert time_for_check(run("ooo", gate), check, 999, gate.deadline + 9) == 5


def test_the_first_success_may_take_until_start_seconds() -> None:
    check = HealthCheck(timeout_seconds=5, start_seconds=60)
    gate = run("x", opened())
    assert time_for_check(gate, check, 50, 1001) == 5
    assert time_for_check(gate, check, 57, 1001) == 3
    assert time_for_check(gate, check, 61, 1001) == 0.1


@pytest.mark.parametrize(("timeout", "margin"), [(4, 1), (600, 150), (1200, 180), (43_200, 180)])
def test_the_gate_closes_before_the_wait_condition(timeout: float, margin: float) -> None:
    """The gate closes a quarter of the time-out earlier, but at most three minutes."""
    assert opened(timeout).deadline == 1000 + timeout - margin


@pytest.mark.parametrize(
    ("seen", "timeout", "sentence"),
    [
        ("", 100, "GET /health on port 80: not asked yet"),
        ("x", 100, "GET /health on port 80: answered 500"),
        ("xo", 100, "1 of 3 successes: GET /health on port 80"),
        ("ooo", 100, "hello is healthy: GET /health answered 200 3 times in 2.0 s"),
        (
            "xxx",
            2,
            "hello did not become healthy within 2 s: GET /health on port 80: answered 500",
        ),
        (
            "oxo",
            2,
            (
                "hello did not become healthy within 2 s: GET /health on port 80: "
                "flaps, 2 of the last 3 checks succeeded; the last failure: answered 500"
            ),
        ),
        (
            "xxo",
            2,
            (
                "hello did not become healthy within 2 s: GET /health on port 80: "
                "1 of 3 successes when time was up; before that: answered 500"
            ),
        ),
        (
            "o" + "x" * 15,
            20,
            (
                "hello did not become healthy within 15 s: GET /health on port 80: "
                "answered 500, after it had answered"
            ),
        ),
        (
            "oo",
            1,
            (
                "hello did not become healthy within 1 s: GET /health on port 80: "
                "2 of 3 successes when time was up"
            ),
        ),
    ],
)
def test_the_sentence_says_it(seen: str, timeout: float, sentence: str) -> None:
    """CloudFormation gets one line with the request and the answer."""
    assert describe(run(seen, opened(timeout)), TARGET) == sentence


def test_a_program_without_a_success_is_given_up_some_time_after_its_start() -> None:
    check = HealthCheck(start_seconds=8)
    gate, answered = run("x", opened()), run("ox", opened())
    assert slow_to_start(gate, check, 7.9) == gate
    assert slow_to_start(answered, check, 60) == answered
    assert describe(slow_to_start(gate, check, 8), TARGET) == (
        "hello will not become healthy: GET /health: answered 500; no success within 8 s of its "
        "start (does it need longer? HealthCheck(start_seconds=...))"
    )


def test_phases_have_the_names_that_v1_service_answers() -> None:
    assert [*Phase] == ["waiting", "confirming", "healthy", "failed"]


def test_a_worker_that_is_not_well_holds_the_success_back() -> None:
    gate = run("oooo", opened(), missing="mail is not up")
    assert (gate.phase, gate.consecutive, gate.healthy_at) == (Phase.CONFIRMING, 3, None)
    assert describe(gate, TARGET) == "3 of 3 successes: GET /health on port 80; mail is not up"
    gate = run("o", gate, 1004)
    assert (gate.phase, gate.first_healthy_at, gate.healthy_at) == (Phase.HEALTHY, 1000, 1004)


@pytest.mark.parametrize(
    ("seen", "missing", "blamed"),
    [
        ("xxx", "mail is not up", "GET /health on port 80: answered 500"),
        ("xxo", "mail is not up", "GET /health on port 80: 1 of 3 successes when time was up"),
        ("ooo", "mail is not up", "mail is not up"),
        ("xxx", "", "GET /health on port 80: answered 500"),
    ],
)
def test_the_program_that_failed_is_the_one_that_is_blamed(
    seen: str, missing: str, blamed: str
) -> None:
    """A worker is reported only if the service itself succeeded often enough."""
    gate = run(seen, opened(2), missing=missing)
    assert gate.waits_for_workers == (blamed == missing)
    start = f"hello did not become healthy within 2 s: {blamed}"
    assert describe(gate, TARGET).startswith(start)


def test_a_success_after_every_worker_is_well_waits_for_none() -> None:
    assert not run("ooo", opened()).waits_for_workers


def test_an_end_of_a_process_starts_the_count_anew() -> None:
    gate = interrupted(run("oo", opened()))
    assert (gate.phase, gate.consecutive, gate.first_healthy_at) == (Phase.WAITING, 0, None)
    assert gate.answered
    assert run("ooo", gate, 1010).first_healthy_at == 1010


def test_a_gate_that_is_given_up_fails_with_its_cause() -> None:
    gate = given_up(run("o", opened()), "hello exited with code 3 (3 times)")
    assert (gate.phase, gate.consecutive) == (Phase.FAILED, 0)
    assert describe(gate, TARGET) == (
        "hello will not become healthy: hello exited with code 3 (3 times), "
        "after the service had answered"
    )


@pytest.mark.parametrize("seen", ["ooo", "x" * 101])
def test_a_verdict_stands_whatever_ends_afterwards(seen: str) -> None:
    gate = run(seen, opened())
    assert interrupted(gate) == gate
    assert given_up(gate, "a cause") == gate
