"""The units of a job, what apply does about them, and who may run what, decided from data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from porter.aws.leases import Lease
from porter.host import job_units
from porter.host.facts import Facts
from porter.host.goal import Goal
from porter.host.jobs.decision import Candidate, decide
from porter.host.jobs.occurrence import calendar, iso, latest
from porter.host.layout import Layout
from porter.host.machine import FileState, Machine
from porter.host.phases import jobs
from porter.host.phases.jobs import JobFacts
from porter.host.service import Service
from porter.host.steps import ChangeUnit, DaemonReload, InstallPackages, RemoveFile, Run, WriteFile
from porter.host.systems import SYSTEMS
from porter.host.unit_state import UnitState
from porter.spec import Job
from tests.host.fake_host import FakeHost, host_deployment, host_spec

GOLDEN = Path(__file__).parent / "golden"
DEBIAN = next(known for known in SYSTEMS if known.name == "Debian 12")
REPORT = Job(
    name="report",
    command=("./report", "--month"),
    schedule="Mon..Fri 08:30",
    time_zone="Europe/Berlin",
    timeout_seconds=600,
    missed="run",
    environment={"TO": "all"},
)
BERLIN = frozenset({"Europe/Berlin"})


def goal_of(*given: Job) -> Goal:
    spec = host_spec(jobs=given, lease_table="Leases" if given else "")
    return Goal(spec, host_deployment(), Layout(), "/usr/bin/python3.11", {}, DEBIAN)


def applied(goal: Goal) -> JobFacts:
    """What the phase sees once the jobs of `goal` are as they should be."""
    files: dict[Path, FileState] = {}
    units: dict[str, UnitState] = {}
    for job in goal.spec.jobs:
        timer = job_units.timer(goal, job)
        for file in (timer.unit, *timer.reads, timer.record(goal.layout)):
            files[file.path] = FileState(file.content, file.mode)
        units[timer.name] = UnitState(load="loaded", active="active", enabled=True)
    return JobFacts(Facts(files, units, systemd=True), (), BERLIN)


def fresh(goal: Goal, zones: frozenset[str] = BERLIN) -> JobFacts:
    names = [job_units.timer(goal, job).name for job in goal.spec.jobs]
    return JobFacts(Facts({}, dict.fromkeys(names, UnitState()), systemd=True), (), zones)


def files_of(timer: Service) -> dict[str, str]:
    return {file.path.name: file.content.decode() for file in (timer.unit, *timer.reads)}


@pytest.mark.parametrize(
    "name", ["porter-job-report.timer", "porter-lease-report.service", "porter-job-report.service"]
)
def test_units_of_a_job(name: str) -> None:
    files = files_of(job_units.timer(goal_of(REPORT), REPORT))
    assert files[name] == (GOLDEN / name).read_text()


def test_runs_that_are_skipped_when_missed_have_no_timer_of_their_own() -> None:
    job = replace(REPORT, missed="skip")
    timer = files_of(job_units.timer(goal_of(job), job))["porter-job-report.timer"]
    assert "OnActiveSec" not in timer
    assert "OnUnitInactiveSec" not in timer


def test_a_first_apply_asks_systemd_writes_and_starts_the_timer() -> None:
    goal = goal_of(REPORT)
    first, *written, enable, start, record = jobs.plan(goal, fresh(goal))
    assert first == Run(("systemd-analyze", "calendar", "Mon..Fri 08:30 Europe/Berlin"))
    assert [step.path.name for step in written if isinstance(step, WriteFile)] == [
        "porter-job-report.timer",
        "porter-lease-report.service",
        "porter-job-report.service",
        "job-report.env",
    ]
    assert (enable, start) == (
        ChangeUnit("enable", "porter-job-report.timer"),
        ChangeUnit("start", "porter-job-report.timer"),
    )
    assert isinstance(record, WriteFile)


def test_a_second_apply_finds_nothing_to_do() -> None:
    goal = goal_of(REPORT)
    assert jobs.plan(goal, applied(goal)) == ()


def test_a_changed_command_is_read_again_and_a_run_goes_on() -> None:
    """Neither the job's unit nor the lease's is restarted: only their timer is."""
    before = goal_of(replace(REPORT, command=("./old",)))
    write, *rest, record = jobs.plan(goal_of(REPORT), applied(before))
    assert isinstance(write, WriteFile)
    assert write.path.name == "porter-job-report.service"
    assert rest == [DaemonReload(), ChangeUnit("restart", "porter-job-report.timer")]
    assert isinstance(record, WriteFile)


def test_a_job_that_is_gone_is_removed_with_all_its_files() -> None:
    before = applied(goal_of(REPORT))
    goal = goal_of()
    common = replace(
        before.common,
        units={
            **before.common.units,
            "porter-lease-report.service": UnitState(load="loaded", active="activating"),
            "porter-job-report.service": UnitState(load="loaded"),
        },
    )
    steps = jobs.plan(goal, JobFacts(common, ("report",), BERLIN))
    assert [step for step in steps if isinstance(step, ChangeUnit)] == [
        ChangeUnit("stop", "porter-job-report.timer"),
        ChangeUnit("disable", "porter-job-report.timer"),
        ChangeUnit("stop", "porter-lease-report.service"),
    ]
    removed = {step.path for step in steps if isinstance(step, RemoveFile)}
    assert removed == set(before.common.files)


def test_time_zones_are_installed_where_they_are_missing() -> None:
    goal = goal_of(REPORT)
    assert DEBIAN.manager
    assert jobs.plan(goal, fresh(goal, frozenset()))[0] == InstallPackages(
        ("tzdata",), DEBIAN.manager
    )
    utc = goal_of(replace(REPORT, time_zone="UTC"))
    assert not isinstance(jobs.plan(utc, fresh(utc, frozenset()))[0], InstallPackages)


def test_below_another_root_jobs_are_left_out_and_said_so(fake_host: FakeHost) -> None:
    spec = host_spec(jobs=(REPORT,), lease_table="Leases")
    fake_host.boot(spec, host_deployment())
    report = fake_host.apply_json()
    assert report["notes"] == ["jobs: jobs are left out below a root other than /: report"]
    assert not [call for call in fake_host.calls() if "-job-" in call]
    assert "report       due Mon..Fri 08:30 Europe/Berlin, last run: never here" in (
        fake_host.porter("host", "show").stdout
    )


def test_units_of_jobs_are_no_workloads_that_are_gone(fake_host: FakeHost) -> None:
    fake_host.apply()
    units = fake_host.root / "etc/systemd/system"
    for name in ("porter-job-report.service", "porter-lease-report.service"):
        (units / name).write_bytes((units / "porter-web.service").read_bytes())
    assert fake_host.apply() == "nothing to do\n"


EVERY_MINUTE, EVERY_WEEK = 60, 7 * 86_400


@pytest.mark.parametrize("period", [1, EVERY_MINUTE, 86_400, EVERY_WEEK, 366 * 86_400])
@pytest.mark.parametrize("skew", [0, 1, 59, 4000])
def test_hosts_whose_clocks_differ_mean_the_same_occurrence(period: int, skew: int) -> None:
    """Each is started when its own clock says so, or later, but before the next one is due."""
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


PUT_BACK = 1_792_890_000  # 3:00 in Berlin becomes 2:00: 2026-10-25T01:00:00Z
ANALYZE = f"""\
#!/bin/sh
# What systemd 252 says of `02:30 Europe/Berlin` around that night.
base=${{2#--base-time=@}}
for next in {PUT_BACK - 88_200} {PUT_BACK - 1800}; do
    [ $base -ge $next ] || break
done
[ $base -lt {PUT_BACK - 1800} ] || next={PUT_BACK + 88_200}
[ $base -lt {PUT_BACK} ] || [ $base -ge {PUT_BACK + 1800} ] || next={PUT_BACK + 1800}
echo "    Next elapse: $(date -u -d @$next '+%a %Y-%m-%d %H:%M:%S UTC')"
"""


@pytest.mark.parametrize("minutes", [-20, 10, 29, 30, 31, 35, 59, 61, 90, 600])
def test_a_time_that_comes_twice_counts_once_whenever_it_is_asked_for(
    minutes: int, tmp_path: Path
) -> None:
    program = tmp_path / "usr/bin/systemd-analyze"
    program.parent.mkdir(parents=True)
    program.write_text(ANALYZE)
    program.chmod(0o755)
    after = calendar(Machine(Layout(tmp_path)), "02:30 Europe/Berlin")
    assert latest(after, PUT_BACK + minutes * 60) == PUT_BACK - 1800


LEASE = Lease(
    job="report",
    occurrence=1000,
    schedule=REPORT.calendar,
    token=7,
    attempt=1,
    holder="i-a",
    claim="c",
    expires=2000,
    state="running",
)
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
            "i-a did not end it, as 2 others before",
        ),
        (
            replace(DONE, schedule="daily UTC"),
            {"late": True},
            "nobody knows whether it was missed: the schedule was another",
        ),
    ],
)
def test_a_lease_is_refused(lease: Lease | None, changes: dict[str, Any], reason: str) -> None:
    assert decided(lease, **changes) == reason
