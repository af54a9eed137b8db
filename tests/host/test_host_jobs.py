"""The units of a job, and their plan, with data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from porter.host.core.facts import Facts
from porter.host.core.goal import Goal
from porter.host.core.layout import Layout
from porter.host.core.service import Service
from porter.host.core.steps import (
    ChangeUnit,
    DaemonReload,
    InstallPackages,
    RemoveFile,
    Run,
    WriteFile,
)
from porter.host.core.systems import SYSTEMS
from porter.host.core.unit_state import UnitState
from porter.host.core.view import FileState
from porter.host.jobs import phase as jobs
from porter.host.jobs import units as job_units
from porter.host.jobs.phase import JobFacts
from porter.spec import Job, Secret, SpecError
from tests.harness.golden import golden
from tests.host.fake_host import FakeHost, host_deployment, host_spec
from tests.host.job_values import REPORT

GOLDEN = Path(__file__).parent / "golden"
DEBIAN = next(known for known in SYSTEMS if known.name == "Debian 12")
BERLIN = frozenset({"Europe/Berlin"})
SECRET = Secret(store="ssm", id="/app/token")
VALUE = "the token"


def goal_of(*given: Job) -> Goal:
    spec = host_spec(jobs=given, lease_table="Leases" if given else "")
    return Goal(spec, host_deployment(), Layout(), "/usr/bin/python3.11", {}, DEBIAN)


def applied(goal: Goal) -> JobFacts:
    """Return the facts of the phase after the jobs of `goal` were applied."""
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
    assert files[name] == golden(GOLDEN / name, files[name])


def test_secrets_are_variables_or_credentials_of_the_unit_that_runs_the_job() -> None:
    """The lease's unit, which runs porter, gets no secret."""
    job = replace(REPORT, secrets={"TOKEN": SECRET}, secret_files={"KEY": SECRET})
    goal = replace(goal_of(job), secrets={SECRET: VALUE})
    files = files_of(job_units.timer(goal, job))
    unit, environment = files["porter-job-report.service"], files["job-report.env"]
    assert "LoadCredential=KEY:/run/porter/secrets/job-report/KEY\n" in unit
    assert files["KEY"] == VALUE
    assert f'TOKEN="{VALUE}"\n' in environment
    assert 'KEY_FILE="/run/credentials/porter-job-report.service/KEY"\n' in environment
    assert "KEY" not in files["porter-lease-report.service"]
    assert VALUE not in unit


def test_a_rotated_secret_is_written_anew_and_a_run_goes_on() -> None:
    job = replace(REPORT, secret_files={"KEY": SECRET})
    before, after = (replace(goal_of(job), secrets={SECRET: value}) for value in ("old", VALUE))
    assert jobs.plan(before, applied(before)) == ()
    write, *rest, _ = jobs.plan(after, applied(before))
    assert isinstance(write, WriteFile)
    assert (write.path.name, write.content, write.mode) == ("KEY", VALUE.encode(), 0o600)
    assert rest == [DaemonReload(), ChangeUnit("restart", "porter-job-report.timer")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"secrets": {"PORTER_OCCURRENCE": SECRET}}, "secrets/PORTER_OCCURRENCE: is set by porter"),
        ({"secrets": {"TO": SECRET}}, "secrets/TO: TO is in environment too"),
        ({"secret_files": {"a b": SECRET}}, "secret_files/a b: is not a name of an environment"),
    ],
)
def test_a_secret_has_a_variable_of_its_own(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as error:
        replace(REPORT, **change)
    assert str(error.value).startswith(message)


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
    """Only the timer restarts, neither the job's unit nor the lease's."""
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


def test_below_another_root_jobs_are_left_out_and_a_note_says_so(fake_host: FakeHost) -> None:
    spec = host_spec(jobs=(REPORT,), lease_table="Leases")
    fake_host.boot(spec, host_deployment())
    report = fake_host.apply_json()
    assert report["notes"] == ["jobs: jobs are left out below a root other than /: report"]
    assert not [call for call in fake_host.calls() if "-job-" in call]
    assert "report       due Mon..Fri 08:30 Europe/Berlin, last run: never here" in (
        fake_host.porter("host", "show").stdout
    )


def test_units_of_jobs_do_not_count_as_removed_workloads(fake_host: FakeHost) -> None:
    fake_host.apply()
    units = fake_host.root / "etc/systemd/system"
    for name in ("porter-job-report.service", "porter-lease-report.service"):
        (units / name).write_bytes((units / "porter-web.service").read_bytes())
    assert fake_host.apply() == "nothing to do\n"
