"""Three booted hosts: each signals, and each occurrence of a job runs on one of them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from tests.booted.job_group import APP, TICK, Group
from tests.harness.conditions import boots
from tests.harness.sandbox import Sandbox
from tests.harness.synthesis import synthesize_once
from tests.harness.traces import rehearsals_in, until
from tests.spec.schedules import REFUSED, TAKEN

pytestmark = [
    pytest.mark.machines,
    boots,
]

SOON = 180.0
PERIOD = 10
RUNS = 3


@pytest.fixture(scope="module")
def process(sandbox: Sandbox) -> subprocess.Popen[str]:
    """The rehearsal of this module."""
    app = synthesize_once(sandbox.app(app=APP, service__tick=TICK))
    return sandbox.start(app, "--stay", "--json")


@pytest.fixture(scope="module")
def group(sandbox: Sandbox, process: subprocess.Popen[str]) -> Group:
    """The hosts of the rehearsal, once the job has run often enough."""
    there = sandbox.staying(process)
    group = Group(there, clients(Environment(), there.endpoint))
    assert until(lambda: len(group.events("tick")) >= RUNS, SOON)
    return group


@pytest.fixture(scope="module")
def report(group: Group, process: subprocess.Popen[str]) -> Any:
    """The JSON report of the rehearsal."""
    assert process.stdout, group.there.err
    return json.loads(process.stdout.readline())


@pytest.mark.argument("PorterService(host=...)", "the service runs on these hosts")
def test_three_machines_at_once_send_three_successes(report: Any, group: Group) -> None:
    assert report["stack_status"] == "CREATE_COMPLETE", report
    signals = report["signals"]
    assert [signal["status"] for signal in signals] == ["SUCCESS"] * 3
    assert sorted(signal["unique_id"] for signal in signals) == group.hosts


def _ticks(group: Group) -> list[list[str]]:
    """Return the job's output on all hosts, by occurrence."""
    lines = [
        line.split() for said in group.journal("porter-job-tick.service").values() for line in said
    ]
    return sorted(lines, key=lambda words: words[3])


@pytest.mark.argument("PorterHost(jobs=...)", effect="three hosts, and each occurrence ran on one")
@pytest.mark.argument("Job(schedule=...)", effect="each occurrence ran on one host, every 10 s")
def test_each_occurrence_ran_once_over_all_hosts(group: Group) -> None:
    assert len(group.hosts) == 3
    ticks = _ticks(group)
    seconds = [_seconds(words[3]) for words in ticks]
    assert len(seconds) >= RUNS
    assert len(set(seconds)) == len(seconds)
    assert all(second % PERIOD == 0 for second in seconds)
    # An occurrence that is due while the job still runs is skipped.
    tokens = [int(words[4]) for words in ticks]
    assert tokens == sorted(set(tokens))


def test_a_host_that_came_later_says_which_ran_it(group: Group) -> None:
    said = group.journal("porter-lease-tick.service")
    assert any(
        re.search(r": i-[0-9a-f]+ (has run it: succeeded|runs that of)", line)
        for lines in said.values()
        for line in lines
    )


@pytest.mark.argument("Job(command=...)", effect="the job prints its argument to the journal")
@pytest.mark.argument("Job(environment=...)", effect="the job printed the variable")
@pytest.mark.argument("Job(source=...)", effect="the job listed its folder")
@pytest.mark.argument("Job(exclude=...)", effect="the excluded file was not in its folder")
def test_a_jobs_output_is_in_the_journal_and_it_does_not_run_as_root(group: Group) -> None:
    words = _ticks(group)[0]
    assert words[:3] == ["tick", "loud", "merry"]
    assert words[5:7] == ["['tick.py']", "True"]


def test_a_job_has_the_service_roles_credentials_and_cannot_reach_the_hosts(group: Group) -> None:
    assert all(words[7:] == ["True", "True"] for words in _ticks(group))


def test_every_run_of_a_job_ends_in_an_event(group: Group) -> None:
    ticks = {words[3]: int(words[4]) for words in _ticks(group)}
    events = [event for event in group.events("tick") if event["detail"]["occurrence"] in ticks]
    assert len(events) >= RUNS
    for event in events:
        detail = event["detail"]
        assert event["detail-type"] == "Porter Job Succeeded"
        assert (detail["result"], detail["exitCode"]) == ("success", 0)
        assert detail["host"] in group.hosts
        assert detail["token"] == ticks[detail["occurrence"]]
    occurrences = [event["detail"]["occurrence"] for event in events]
    assert len(set(occurrences)) == len(occurrences)


@pytest.mark.argument("Job(timeout_seconds=...)", effect="a longer run is killed and reported")
def test_a_job_that_takes_too_long_is_killed_and_the_next_one_runs(group: Group) -> None:
    assert until(lambda: len(group.events("slow")) >= 2, SOON)
    event = group.events("slow")[0]
    assert event["detail-type"] == "Porter Job Failed"
    assert (event["detail"]["result"], event["detail"]["exitCode"]) == ("timeout", None)
    assert 2 <= event["detail"]["seconds"] < 30


@pytest.mark.argument("Job(time_zone=...)", effect="systemd's next elapse is 3 o'clock in Berlin")
def test_a_job_runs_by_its_own_time_zone(group: Group) -> None:
    due = group.run(
        group.hosts[0],
        *("systemctl", "show", "--property=NextElapseUSecRealtime", "--value"),
        "porter-job-berlin.timer",
    )
    instant = datetime.strptime(due, "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    assert instant.astimezone(ZoneInfo("Europe/Berlin")).hour == 3


@pytest.mark.argument("Job(missed=...)", effect="a missed run ran later")
def test_a_missed_run_is_made_up_for_only_if_one_was_missed(group: Group) -> None:
    """No host was in time for a job that had never run, so there was no missed run."""
    for lines in group.journal("porter-lease-berlin.service").values():
        assert all(line.endswith("it is too late for it") for line in lines)
    assert group.events("berlin") == []
    lease = {"job": "berlin", "schedule": "03:00 Europe/Berlin", "holder": "i-gone", "claim": "c"}
    numbers = {"token": 41, "attempt": 1, "expires": 0, "occurrence": int(time.time()) - 7 * 86_400}
    item = {name: {"S": text} for name, text in {**lease, "state": "succeeded"}.items()}
    item |= {name: {"N": str(number)} for name, number in numbers.items()}
    group.aws["dynamodb"].put_item(TableName=group.lease_table(), Item=item)
    for host in group.hosts:
        group.run(host, "systemctl", "restart", "porter-job-berlin.timer")
    assert until(lambda: bool(group.events("berlin")), SOON)
    time.sleep(1)
    [event] = group.events("berlin")
    assert event["detail"]["token"] == 42
    assert event["detail"]["occurrence"].endswith(":00:00Z")


def test_porter_host_show_has_a_jobs_next_run_and_its_last_result(group: Group) -> None:
    shown = {
        host: json.loads(group.run(host, "porter", "host", "show", "--json"))
        for host in group.hosts
    }
    jobs = {host: {job["name"]: job for job in one["jobs"]} for host, one in shown.items()}
    assert all(re.match(r"\w{3} \d{4}-", one["berlin"]["next"]) for one in jobs.values())
    last = [one["tick"]["last"] for one in jobs.values() if one["tick"]["last"]]
    assert {one["result"] for one in last} == {"success"}
    text = group.run(group.hosts[0], "porter", "host", "show")
    assert re.search(
        r"^  tick +due .*, last run: (\d{4}-.* success, [\d.]+ s|never here)$", text, re.MULTILINE
    )


def test_another_apply_finds_nothing_to_do(group: Group) -> None:
    assert group.run(group.hosts[0], "porter", "host", "apply") == "nothing to do"


def test_without_a_lease_the_command_does_not_run(group: Group) -> None:
    done = group.there.attempt("systemctl", "start", "porter-job-berlin", host=group.hosts[0])
    assert done.returncode != 0


@pytest.mark.parametrize("unit", ["porter-lease-tick.service", "porter-job-tick.service"])
def test_a_jobs_units_are_exposed_little(group: Group, unit: str) -> None:
    said = group.run(group.hosts[0], "systemd-analyze", "security", "--no-pager", unit)
    exposure = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", said)
    assert exposure, said
    assert float(exposure[1]) <= 2.5


def test_synthesis_takes_the_schedules_that_systemd_takes(group: Group) -> None:
    """tests/spec/test_spec_calendar.py compares porter with the same tables."""
    script = (
        'for one; do systemd-analyze calendar "$one" >/dev/null 2>&1 && echo "$one"; done; true'
    )
    told = group.run(group.hosts[0], "sh", "-c", script, "sh", *TAKEN, *REFUSED)
    assert told.splitlines() == list(TAKEN)


@pytest.mark.exhaustive
def test_another_rehearsal_beside_it_succeeds_and_disturbs_nobody(
    sandbox: Sandbox, group: Group
) -> None:
    hosts, others = group.there.hosts(), rehearsals_in(sandbox.temporary)
    process = sandbox.start(sandbox.app("one"), "--json")
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    report = json.loads(out)
    assert [signal["status"] for signal in report["signals"]] == ["SUCCESS"]
    assert report["url"] != group.there.url
    assert group.there.hosts() == hosts
    assert rehearsals_in(sandbox.temporary) == others


def test_ctrl_c_ends_all_three_and_leaves_nothing(
    sandbox: Sandbox, group: Group, process: subprocess.Popen[str]
) -> None:
    assert len(group.there.hosts()) == 3
    ended = sandbox.end(process, lambda: process.send_signal(signal.SIGINT))
    assert ended.code == 130
    assert ended.left.nothing, ended.left


def _seconds(occurrence: str) -> int:
    return int(datetime.fromisoformat(occurrence).timestamp())
