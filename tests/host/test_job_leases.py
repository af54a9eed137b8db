"""Several hosts claim one job: exactly one host gets the lease, whatever fails."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from porter.aws.clients import Clients
from porter.host.jobs.occurrence import iso
from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from porter.spec import Ending
from tests.daemon.loopback import Imds, running
from tests.harness.free_port import free_port
from tests.harness.leases import lease_table
from tests.host.analyze import once
from tests.host.lease_aws import LEASE, REGION, expire, queue
from tests.host.lease_host import REPORT, TABLE, LeaseHost
from tests.host.lease_racer import ACCOUNT, Racer, environment

ROUNDS = 200

Make = Callable[[str], LeaseHost]


@pytest.fixture(scope="module")
def aws(emulator: Emulator) -> Clients:
    """The AWS account of the hosts."""
    return clients(Environment(account=ACCOUNT, region=REGION), emulator.endpoint)


@pytest.fixture
def _table(aws: Clients) -> Iterator[None]:
    with lease_table(aws, TABLE):
        yield


@pytest.fixture
def events(aws: Clients) -> Iterator[Callable[[], list[Any]]]:
    with queue(aws) as received:
        yield received


@pytest.fixture
def host(emulator: Emulator, tmp_path: Path) -> Iterator[Make]:
    """Return a maker of hosts, each with its own metadata service."""
    services: list[Any] = []

    def make(name: str) -> LeaseHost:
        imds = Imds()
        imds.tree["meta-data/instance-id"] = f"i-{name}"
        context = running(imds)
        context.__enter__()
        services.append(context)
        return LeaseHost(tmp_path / name, environment(emulator.endpoint, imds.url))

    yield make
    for context in services:
        context.__exit__(None, None, None)


@pytest.mark.usefixtures("_table")
def test_of_two_hosts_that_race_one_wins_200_times(host: Make) -> None:
    """Each winner gets the next token."""
    racers = [Racer(host(name), f"i-{name}") for name in ("a", "b")]
    tokens = []
    for occurrence in range(1, ROUNDS + 1):
        for racer in racers:
            racer.tell(f"race {occurrence}")
        answers = sorted(racer.answer() for racer in racers)
        assert answers[0].startswith("refused "), answers
        tokens.append(answers[1])
    for racer in racers:
        racer.end()
    assert tokens == [f"token {number}" for number in range(1, ROUNDS + 1)]


@pytest.mark.usefixtures("_table")
def test_a_host_stopped_past_its_lease_is_refused_and_says_so(
    host: Make, aws: Clients, events: Callable[[], list[Any]]
) -> None:
    """The other host takes over with a higher token, and only its outcome counts."""
    now = int(time.time())
    first, second = host("first"), host("second")
    first.boot(due=now)
    second.boot(due=now)
    stopped = Racer(first, "i-first")
    stopped.tell("claim")
    assert stopped.answer() == "token 1"
    stopped.process.send_signal(signal.SIGSTOP)

    assert second.porter("claim") == (1, f"{iso(now)}: i-first runs that of {iso(now)}\n")
    expire(aws)
    assert second.porter("claim") == (0, f"{iso(now)}: this host runs it, with token 2\n")
    assert second.token == "2"  # noqa: S105 - a number for all to see

    stopped.process.send_signal(signal.SIGCONT)
    first.end()
    stopped.tell("settle")
    told = stopped.answer()
    assert told.startswith(
        f"refused {iso(now)}: the lease has gone to another host: token 1 is refused"
    )
    stopped.end()
    second.end("exit-code", "exited", "3")
    assert second.porter("settle") == (0, f"{iso(now)}: exit-code, sent to EventBridge\n")
    [event] = events()
    assert event["detail-type"] == "Porter Job Failed"
    assert (event["detail"]["host"], event["detail"]["token"]) == ("i-second", 2)


@pytest.mark.usefixtures("_table")
def test_an_outcome_is_an_event_and_is_kept_on_the_host(
    host: Make, events: Callable[[], list[Any]]
) -> None:
    now = int(time.time())
    one, other = host("one"), host("other")
    one.boot(due=now)
    assert one.porter("claim")[0] == 0
    one.end()
    assert one.porter("settle")[0] == 0
    [event] = events()
    seconds = event["detail"].pop("seconds")
    assert 0 < seconds < 60
    assert (event["source"], event["detail-type"]) == ("porter", "Porter Job Succeeded")
    assert event["detail"] == {
        "service": "hello",
        "stack": event["resources"][0],
        "job": "report",
        "occurrence": iso(now),
        "host": "i-one",
        "token": 1,
        "result": "success",
        "exitCode": 0,
    }
    assert one.outcome == {
        "job": "report",
        "occurrence": iso(now),
        "token": 1,
        "result": "success",
        "exit_code": 0,
        "seconds": seconds,
    }
    other.boot(due=now)
    assert other.porter("claim") == (1, f"{iso(now)}: i-one has run it: succeeded\n")
    assert not list((one.root / "run/porter/jobs").iterdir())


@pytest.mark.usefixtures("_table")
def test_a_host_that_ends_hands_back_the_run_that_it_cuts_off(
    host: Make, events: Callable[[], list[Any]]
) -> None:
    now = int(time.time())
    one, other = host("one"), host("other")
    for each in (one, other):
        each.boot(due=now)
    assert one.porter("claim")[0] == 0
    one.end("signal", "killed", "15")
    drain = one.root / "run/porterd/drain"
    drain.parent.mkdir(parents=True)
    drain.write_text(Ending(hooked=False, ends=now + 60).text())
    code, said = one.porter("settle")
    assert (code, said.splitlines()[0]) == (0, f"{iso(now)}: handed back, since this host ends")
    assert events()[0]["detail-type"] == "Porter Job Failed"
    assert other.porter("claim") == (0, f"{iso(now)}: this host runs it, with token 2\n")


@pytest.mark.usefixtures("_table")
def test_a_run_that_never_started_has_failed(host: Make, events: Callable[[], list[Any]]) -> None:
    one = host("one")
    one.boot(due=int(time.time()))
    assert one.porter("claim")[0] == 0
    assert one.porter("settle")[0] == 0
    [event] = events()
    assert event["detail-type"] == "Porter Job Failed"
    assert (event["detail"]["result"], event["detail"]["exitCode"]) == ("not-started", None)


@pytest.mark.usefixtures("_table")
def test_a_run_is_settled_once_the_host_has_credentials(host: Make) -> None:
    """A short failure of the metadata service must not lose the outcome."""
    one = host("one")
    one.boot(due=int(time.time()))
    assert one.porter("claim")[0] == 0
    one.end()
    imds = Imds()
    role = "meta-data/iam/security-credentials/"
    given = {"AccessKeyId": ACCOUNT, "SecretAccessKey": "any", "Token": "any"}
    known = {**given, "Code": "Success", "Expiration": "2099-01-01T00:00:00Z"}
    variables = {key: one.environment[key] for key in ("AWS_ENDPOINT_URL", "PYTHONPATH")}
    variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = imds.url
    with running(imds):
        booted = replace(one, environment=variables)
        process = booted.start("-m", "porter.host.jobs", "settle", "report")
        assert process.stdout
        assert "Unable to locate credentials; again in" in process.stdout.readline()
        imds.tree |= {role: "host", f"{role}host": json.dumps(known)}
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said


@pytest.mark.usefixtures("_table")
@pytest.mark.parametrize(("missed", "code"), [("skip", 1), ("run", 0)])
def test_a_late_run_is_made_up_for_where_asked(
    host: Make, aws: Clients, missed: Any, code: int
) -> None:
    """The first host to ask runs the job, even if it never ran the job before."""
    due, job = int(time.time()) - 90, replace(REPORT, missed=missed)
    schedule = {"S": replace(job, schedule=once(due)).calendar}
    before = {"occurrence": {"N": str(due - 60)}, "state": {"S": "succeeded"}, "schedule": schedule}
    aws["dynamodb"].put_item(TableName=TABLE, Item={**LEASE, **before})
    other = host("other")
    other.boot(due=due, job=job)
    assert other.porter("claim")[0] == code


@pytest.mark.usefixtures("_table")
def test_a_job_that_never_ran_has_missed_nothing(host: Make) -> None:
    one = host("one")
    due = int(time.time()) - 90
    one.boot(due=due)
    assert one.porter("claim") == (1, f"{iso(due)}: it is too late for it\n")


def test_a_host_that_cannot_reach_aws_does_not_run_the_job(
    unreachable: subprocess.Popen[str],
) -> None:
    """The host retries for less than a minute, then reports the error."""
    said, _ = unreachable.communicate(timeout=150)
    assert unreachable.returncode == 255, said
    *again, last = said.splitlines()
    assert again
    assert all("; again in " in line for line in again)
    assert last.startswith(f"the table {TABLE}: AWS: Could not connect to the endpoint URL")


@pytest.fixture(scope="module", autouse=True)
def unreachable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    """A claim without AWS, started before the other tests: it takes most of a minute."""
    imds = Imds()
    endpoint = f"http://127.0.0.1:{free_port()}"
    host = LeaseHost(tmp_path_factory.mktemp("alone"), environment(endpoint, imds.url))
    host.boot(due=int(time.time()))
    with running(imds):
        process = host.start("-m", "porter.host.jobs", "claim", "report")
        yield process
        process.kill()
        process.communicate()
