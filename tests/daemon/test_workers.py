"""A worker is healthy while it stays up, or while its own check passes."""

from __future__ import annotations

from dataclasses import replace

from porter.daemon.systemd import UnitState
from porter.daemon.workers import STEADY_SECONDS, Worker, looked_at

UP = UnitState(active="active", sub="running")
PAUSE = UnitState(active="activating", sub="auto-restart", code=1)
FAILED = replace(PAUSE, result="exit-code", status=3)


def test_without_a_check_it_must_stay_up_for_a_while() -> None:
    worker = looked_at(Worker(name="mail"), UP, None, 100.0)
    assert worker.trouble(100.0 + STEADY_SECONDS - 0.1) == "mail has been up for less than 3 s"
    assert worker.trouble(100.0 + STEADY_SECONDS) == ""


def test_one_that_is_not_up_is_not_well() -> None:
    assert Worker(name="mail").trouble(0.0) == "mail is not up"
    up = looked_at(Worker(name="mail"), UP, None, 1.0)
    again = UnitState(active="reloading", sub="reload")  # Docker restarts the worker's container
    for state in (FAILED, again):
        assert looked_at(up, state, None, 9.0).trouble(9.0) == "mail is not up"


def test_an_end_between_two_looks_starts_the_time_anew() -> None:
    worker = looked_at(Worker(name="mail"), UP, None, 1.0)
    worker = looked_at(worker, replace(UP, restarts=1), None, 5.0)
    assert worker.trouble(6.0) == "mail has been up for less than 3 s"
    assert looked_at(worker, replace(UP, restarts=1), None, 7.9).trouble(8.0) == ""


def test_when_nobody_can_tell_nothing_changes() -> None:
    worker = looked_at(Worker(name="mail", threshold=1), UP, PAUSE, 1.0)
    assert looked_at(worker, None, None, 2.0) == worker


def test_a_check_counts_once_a_run_and_a_failure_starts_anew() -> None:
    worker = looked_at(Worker(name="mail", threshold=2), UP, None, 1.0)
    assert worker.trouble(9.0) == "mail: 0 of 2 successes of its check"
    for _ in range(2):
        worker = looked_at(worker, UP, PAUSE, 2.0)
    assert worker.trouble(9.0) == "mail: 1 of 2 successes of its check"
    running = replace(PAUSE, active="active", sub="running", restarts=1)
    assert looked_at(worker, UP, running, 3.0) == worker
    assert looked_at(worker, UP, replace(PAUSE, restarts=1), 3.0).trouble(9.0) == ""
    worker = looked_at(worker, UP, replace(FAILED, restarts=1), 3.0)
    assert worker.trouble(9.0) == "mail: its check exited with code 3"
    worker = looked_at(worker, UP, replace(PAUSE, restarts=2), 3.0)
    assert worker.trouble(9.0) == "mail: 1 of 2 successes of its check"


def test_a_check_that_takes_too_long_has_failed() -> None:
    late = replace(PAUSE, result="timeout", code=2, status=15)
    worker = looked_at(Worker(name="mail", threshold=1), UP, late, 1.0)
    assert worker.trouble(9.0) == "mail: its check did not end in time"


def test_a_check_that_passes_does_not_make_up_for_a_process_that_is_down() -> None:
    worker = looked_at(Worker(name="mail", threshold=1), FAILED, PAUSE, 1.0)
    assert worker.trouble(9.0) == "mail is not up"


def test_a_check_whose_next_run_is_queued_does_not_count_twice() -> None:
    worker = looked_at(Worker(name="mail", threshold=2), UP, PAUSE, 1.0)
    queued = replace(PAUSE, sub="auto-restart-queued", restarts=1)
    assert looked_at(worker, UP, queued, 2.0).trouble(9.0) == "mail: 1 of 2 successes of its check"
