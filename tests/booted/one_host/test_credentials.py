"""Two processes and a container of the shared host, with an AWS SDK without settings."""

from __future__ import annotations

import json
import re

import pytest

from tests.booted.one_host.app import WORKLOADS
from tests.booted.one_host.workloads import PORTS, TOKEN, act, ask, environment
from tests.harness.conditions import boots
from tests.harness.staying import BACK_SECONDS, Staying
from tests.harness.traces import until

pytestmark = [
    pytest.mark.machines,
    boots,
    pytest.mark.timeout(1200),  # the first test of the folder waits until Docker is installed
]

WORKERS = ("mail", "box")
UNITS = ("porter-mail", "porter-mail_check", "porter-box_check", "porterd")
MOST_EXPOSED = 2.5
IMDS = "http://169.254.169.254/latest/api/token"
URL = "http://169.254.170.2:3001/v1/credentials"
GUESSED = {"Authorization": "guessed"}
TTL = "X-aws-ec2-metadata-token-ttl-seconds: 60"
SHOW = ("systemctl", "show", "--value")


def problem(there: Staying, name: str) -> str:
    """Return the worker's problem that porterd reports."""
    text: str = there.service()["workers"][name]["problem"]
    return text


def pss(there: Staying) -> int:
    """Return the kilobytes of porterd's processes; shared memory counts once."""
    pids = there.run("pgrep", "--full", "porter.daemon|porterd").split()
    shown = there.run("cat", *(f"/proc/{pid}/smaps_rollup" for pid in pids))
    return sum(int(number) for number in re.findall(r"^Pss: +(\d+) kB", shown, re.MULTILINE))


@pytest.mark.parametrize("name", PORTS)
def test_boto3_may_do_what_was_granted_and_nothing_else(there: Staying, name: str) -> None:
    said = act(there, name)
    assert re.search(
        rf":assumed-role/Hello-ServiceHostServiceRole[\w-]*/{name}@i-\w{{17}}$", said["arn"]
    )
    assert said["GRANTED"] == "the object"
    assert said["REFUSED"] == "AccessDenied"


@pytest.mark.parametrize("name", PORTS)
def test_no_workload_reaches_instance_metadata_and_porterd_does(there: Staying, name: str) -> None:
    said = act(there, name)
    assert said["imds"] != "reached"
    curl = ("curl", "-sS", "--max-time", "5")
    assert "instance_id" in there.run(*curl, "http://127.0.0.1:3001/v1/identity")
    token = there.run(*curl, "--request", "PUT", "--header", TTL, IMDS)
    assert token, "the way is there, for those who may use it"


@pytest.mark.parametrize("name", PORTS)
def test_a_workload_finds_what_porter_sets(there: Staying, name: str) -> None:
    found = environment(there, name)
    assert len(found.pop(TOKEN)) == 64
    del found["AWS_CA_BUNDLE"]  # set by the rehearsal
    host = "169.254.170.2" if name == "box" else "127.0.0.1"
    assert found == {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{host}:3001/v1/credentials",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "PORTERD_TCP_ADDR": host,
        "PORTERD_TCP_PORT": "3001",
        "PORTERD_URL": f"http://{host}:3001",
        "PORTER_ENVIRONMENT": "Hello",
    }


def test_tokens_are_roots_alone_and_on_no_disk(there: Staying) -> None:
    folder = "/run/porter/credentials"
    names = sorted(["key", "job-report.env", *(f"{name}.env" for name in WORKLOADS)])
    files = [f"{folder}/{name}" for name in names]
    assert there.run("ls", folder).split() == names
    assert set(there.run("stat", "--format=%a %U", *files).splitlines()) == {"600 root"}
    assert there.run("stat", "--file-system", "--format=%T", folder) == "tmpfs"


def test_a_guessed_token_gets_no_credentials(there: Staying) -> None:
    url = "http://127.0.0.1:3001/v1/credentials"
    answer = there.run("curl", "-sS", "--header", "Authorization: guessed", url)
    assert json.loads(answer)["code"] == "WrongToken"


def test_a_container_has_only_its_own_token(there: Staying) -> None:
    tokens = {environment(there, name)[TOKEN] for name in PORTS}
    assert len(tokens) == len(PORTS)
    mounted = "{{range .Mounts}}{{.Destination}} {{end}}"
    shown = there.run("docker", "inspect", "--format", mounted, "porter-box")
    # No other file of the host is mounted.
    assert sorted(shown.split()) == ["/etc/porter/authorities.pem", "/run/secrets/KEY"]
    program = f"import urllib.request as r; r.urlopen(r.Request({URL!r}, headers={GUESSED!r}))"
    refused = there.attempt("docker", "exec", "porter-box", "python3", "-c", program)
    assert "HTTP Error 403" in refused.stdout + refused.stderr


@pytest.mark.argument(
    "Container(check=...)", "the check runs inside the container, as the worker's user"
)
@pytest.mark.argument(
    "Process(check=...)", "the check runs as the worker's user, beside the worker"
)
@pytest.mark.argument("Check(command=...)", "exit 0 counts as healthy; exit 1 is reported")
@pytest.mark.argument(
    "Check(healthy_threshold=...)", "the worker is healthy after that many successes"
)
@pytest.mark.argument("Check(interval_seconds=...)", "the check runs again after that pause")
@pytest.mark.parametrize("name", WORKERS)
def test_a_workers_check_decides_whether_it_is_healthy(there: Staying, name: str) -> None:
    assert there.service()["workers"][name] == {"healthy": True, "problem": ""}
    ask(there, name, "/ill")
    assert until(lambda: "exited with code 1" in problem(there, name), BACK_SECONDS)
    ask(there, name, "/")
    assert until(lambda: not problem(there, name), BACK_SECONDS)
    shown = there.run(*SHOW, "--property=RestartUSec,RuntimeMaxUSec", f"porter-{name}_check")
    assert set(shown.split()) == {"2s", "4s" if name == "mail" else "9s"}
    assert "ill" in there.run("journalctl", f"--unit=porter-{name}_check", "--output=cat")
    assert "ill" in there.run("journalctl", f"--unit=porter-{name}*", "--output=cat")


@pytest.mark.argument("Check(timeout_seconds=...)", "a check that takes longer is killed")
@pytest.mark.parametrize("name", ["mail", pytest.param("box", marks=pytest.mark.exhaustive)])
def test_a_check_that_hangs_is_killed(there: Staying, name: str) -> None:
    ask(there, name, "/slow")
    assert until(lambda: "did not end in time" in problem(there, name), BACK_SECONDS)
    ask(there, name, "/")
    assert until(lambda: not problem(there, name), BACK_SECONDS)
    # A check that kept sleeping would last ten minutes.
    assert until(lambda: not checks(there), BACK_SECONDS), checks(there)


def checks(there: Staying) -> str:
    """Return the command lines of running checks, inside and outside the container."""
    return there.run("sh", "-c", "pgrep --full --list-full '^python3 check.py' || true")


@pytest.mark.parametrize("unit", UNITS)
def test_units_are_exposed_little(there: Staying, unit: str) -> None:
    assert there.exposure(unit) <= MOST_EXPOSED


def test_porterd_stays_small_and_its_restart_is_not_noticed(there: Staying) -> None:
    """The SDK ran in a process of its own, which has exited."""
    assert pss(there) < 45_000
    assert "boto3" not in there.run("sh", "-c", "cat /proc/$(pgrep -o -f porter.daemon)/maps")
    there.run("systemctl", "restart", "porterd")
    assert until(lambda: act(there, "mail").get("GRANTED") == "the object", BACK_SECONDS)
