"""Decisions with data: when a job is due, and whether a host may run it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from porter.aws.leases import Lease, LeaseTable
from porter.errors import PorterError
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.jobs.claim import contend
from porter.host.jobs.decision import Candidate, decide, expiry
from porter.host.jobs.occurrence import calendar, iso, latest
from tests.harness import leases
from tests.host.analyze import BERLIN, NIGHTLY, ONCE, PUT_BACK, REAL, install_analyze, once
from tests.host.job_values import REPORT

EVERY_MINUTE, EVERY_WEEK = 60, 7 * 86_400


@pytest.mark.parametrize("period", [1, EVERY_MINUTE, 86_400, EVERY_WEEK, 366 * 86_400])
@pytest.mark.parametrize("skew", [0, 1, 59, 4000])
def test_hosts_whose_clocks_differ_mean_the_same_occurrence(period: int, skew: int) -> None:
    """Each host's timer elapses by the host's clock, before the next occurrence."""
    due = 1_700_000_000 // period * period
    asked = 0

    def after(instant: int) -> int:
        nonlocal asked
        asked += 1
        return (instant // period + 1) * period

    assert latest(after, due + min(skew, period - 1)) == due
    assert asked < 50


def test_a_calendar_that_began_only_later_was_never_due() -> None:
    due = 1_700_000_000
    assert latest(lambda instant: due if instant < due else None, due - 1) is None
    assert latest(lambda instant: due if instant < due else None, due + 5_000) == due


@pytest.mark.parametrize("minutes", [-20, 10, 29, 30, 31, 35, 59, 61, 90, 600])
def test_a_time_that_comes_twice_counts_once_whenever_it_is_asked_for(
    minutes: int, tmp_path: Path
) -> None:
    install_analyze(tmp_path, BERLIN)
    after = calendar(Machine(Layout(tmp_path)), NIGHTLY)
    assert latest(after, PUT_BACK + minutes * 60) == PUT_BACK - 1800
    assert after(PUT_BACK + minutes * 60) == PUT_BACK + (-1800 if minutes < -30 else 88_200)


@pytest.mark.skipif(REAL is None, reason="this machine has no systemd-analyze")
@pytest.mark.parametrize("minutes", [0, 10, 30, 59])
def test_the_repeated_hour_hides_no_later_time(minutes: int, tmp_path: Path) -> None:
    """The first time after the repeated hour is 3:00, when that hour ends."""
    install_analyze(tmp_path, BERLIN)
    after = calendar(Machine(Layout(tmp_path)), "2..3:0/30 Europe/Berlin")
    assert after(PUT_BACK + minutes * 60) == PUT_BACK + 3600
    assert latest(after, PUT_BACK + minutes * 60) == PUT_BACK - 1800
    assert latest(after, PUT_BACK + 3600) == PUT_BACK + 3600


@pytest.mark.skipif(REAL is None, reason="this machine has no systemd-analyze")
def test_the_repeated_hour_is_left_out_to_the_minute(tmp_path: Path) -> None:
    install_analyze(tmp_path, BERLIN)
    after = calendar(Machine(Layout(tmp_path)), "2,3:0,59 Europe/Berlin")
    assert after(PUT_BACK + 600) == PUT_BACK + 3600


def test_an_occurrence_is_shown_in_utc() -> None:
    assert iso(PUT_BACK) == "2026-10-25T01:00:00Z"


@pytest.mark.parametrize("expression", ["noon UTC", "8 o'clock UTC"])
def test_a_calendar_that_systemd_refuses_is_an_error(expression: str, tmp_path: Path) -> None:
    install_analyze(tmp_path, ONCE)
    with pytest.raises(PorterError) as error:
        calendar(Machine(Layout(tmp_path)), expression)(0)
    assert error.value.where == expression
    assert "Failed to parse calendar specification" in error.value.what


def test_a_host_without_systemd_analyze_is_an_error_with_its_root(tmp_path: Path) -> None:
    with pytest.raises(PorterError) as error:
        calendar(Machine(Layout(tmp_path)), "daily UTC")
    assert str(error.value) == f"{tmp_path}: there is no systemd-analyze"


def test_a_job_in_utc_needs_no_tz_database(tmp_path: Path) -> None:
    """A minimal image has no tz database."""
    due = 1_700_000_000
    install_analyze(tmp_path, ONCE)
    code = (
        "from pathlib import Path; from porter.host.jobs.occurrence import calendar, latest;"
        "from porter.host.core.layout import Layout; from porter.host.core.machine import Machine;"
        f"after = calendar(Machine(Layout(Path({str(tmp_path)!r}))), '{once(due)} UTC');"
        f"print(latest(after, {due + 20}))"
    )
    environment = {**os.environ, "PYTHONTZPATH": ""}
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == f"{due}\n", done.stderr


@pytest.mark.parametrize("now", [9, 10, 11, 39, 40, 41, 999, 1000, 1001, 1010, 4999, 5000, 9000])
def test_the_last_instant_of_an_irregular_calendar_is_found(now: int) -> None:
    instants = [1, 2, 3, 10, 11, 40, *range(900, 1000, 7), 1000, 1001, 1010, 5000]

    def after(instant: int) -> int | None:
        return next((one for one in instants if one > instant), None)

    assert latest(after, now) == max(one for one in instants if one <= now)


def test_a_job_that_rests_on_sundays_is_found_with_few_questions() -> None:
    """Each question starts `systemd-analyze`, and the lease's timer allows little time."""
    minute, day = 60, 86_400
    asked = 0

    def after(instant: int) -> int:
        nonlocal asked
        asked += 1
        following = (instant // minute + 1) * minute
        return (
            following
            if following % EVERY_WEEK < 6 * day
            else -(-following // EVERY_WEEK) * EVERY_WEEK
        )

    sunday = 100 * EVERY_WEEK + 6 * day
    assert latest(after, sunday + day // 2) == sunday - minute
    assert asked < 50


LEASE = replace(leases.LEASE, schedule=REPORT.calendar)
DONE = replace(LEASE, state="succeeded")


def decided(lease: Lease | None, now: float = 1500, **changes: Any) -> Lease | str:
    given = {"job": REPORT, "holder": "i-b", "claim": "d", "occurrence": 1300, "late": False}
    return decide(Candidate(**{**given, **changes}), lease, now)


@pytest.mark.parametrize(
    ("lease", "changes", "token", "attempt"),
    [
        (None, {}, 1, 1),
        (DONE, {}, 8, 1),
        (replace(LEASE, state="failed"), {}, 8, 1),
        (DONE, {"late": True}, 8, 1),
        (LEASE, {"now": 2000}, 8, 1),
        (LEASE, {"now": 2000, "occurrence": 1000, "late": True}, 8, 2),
        (LEASE, {"holder": "i-a"}, 8, 1),
        (LEASE, {"holder": "i-a", "occurrence": 1000}, 8, 2),
    ],
)
def test_a_lease_is_given(
    lease: Lease | None, changes: dict[str, Any], token: int, attempt: int
) -> None:
    given = decided(lease, **changes)
    assert isinstance(given, Lease), given
    assert (given.token, given.attempt) == (token, attempt)
    assert given.expires == changes.get("now", 1500) + REPORT.timeout_seconds + 60
    assert given.state == "running"


SKIP = replace(REPORT, missed="skip")


@pytest.mark.parametrize(
    ("lease", "changes", "reason"),
    [
        (None, {"late": True}, "it is too late for it"),
        (DONE, {"late": True, "job": SKIP}, "it is too late for it"),
        (DONE, {"occurrence": 1000}, "i-a has run it: succeeded"),
        (DONE, {"occurrence": 999}, f"that of {iso(1000)} has been run since"),
        (LEASE, {}, f"i-a runs that of {iso(1000)}"),
        (LEASE, {"now": 1999.9}, f"i-a runs that of {iso(1000)}"),
        (
            LEASE,
            {"now": 2000, "occurrence": 1000, "job": SKIP},
            "i-a did not end it, and missed runs are skipped",
        ),
        (
            replace(LEASE, attempt=3),
            {"now": 2000, "occurrence": 1000},
            "i-a did not end it, nor did 2 hosts before",
        ),
        (
            replace(DONE, schedule="daily UTC"),
            {"late": True},
            "the schedule has changed, so the run may not have been missed",
        ),
    ],
)
def test_a_lease_is_refused(lease: Lease | None, changes: dict[str, Any], reason: str) -> None:
    assert decided(lease, **changes) == reason


class SlowTable(LeaseTable):
    """A table whose first write is slow."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.leases: list[Lease] = []

    def read(self, job: str) -> tuple[Lease | None, float]:  # noqa: ARG002 - there is one job
        return (self.leases[-1] if self.leases else None), time.time()

    def replace(self, before: Lease | None, after: Lease) -> bool:
        assert before == (self.leases[-1] if self.leases else None)
        time.sleep(0 if self.leases else self._seconds)
        self.leases.append(after)
        return True


def test_a_lease_that_was_written_slowly_is_prolonged() -> None:
    """Otherwise a job could outlast its lease, and a second host would start the job."""
    now = int(time.time())
    candidate = Candidate(job=REPORT, holder="i-1", claim="c", occurrence=now, late=False)
    table = SlowTable(3.0)
    lease = contend(table, candidate, prompt=1.0)
    assert isinstance(lease, Lease)
    assert lease == table.leases[-1]
    assert (lease.token, lease.attempt, lease.state) == (1, 1, "running")
    assert lease.expires >= expiry(REPORT, now + 3)
    assert contend(table, candidate, prompt=60.0) == lease
    prompt = SlowTable(0)
    assert contend(prompt, candidate) == prompt.leases[0]
