"""Two processes and a container on a booted machine, with an AWS SDK that nobody configured."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from tests.booted.credentials_app import APP, CHECK, SERVICE
from tests.booted.python_image import python_image
from tests.booted.sdk import bring_boto3
from tests.booted.spilled import CommandLines, spilled
from tests.booted.stage import Stage, Staying
from tests.booted.traces import until

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root"),
    pytest.mark.usefixtures("_fast_synthesis", "lines"),
    pytest.mark.timeout(600),  # its machine installs Docker
]

PORTS = {"web": 8000, "mail": 9000, "box": 9100}
WORKERS = ("mail", "box")
UNITS = ("porter-mail", "porter-mail_check", "porter-box_check", "porterd")
BACK_SECONDS = 120.0
MOST_EXPOSED = 2.5
IMDS = "http://169.254.169.254/latest/api/token"
URL = "http://169.254.170.2:3001/v1/credentials"
GUESSED = {"Authorization": "guessed"}
TTL = "X-aws-ec2-metadata-token-ttl-seconds: 60"
ASK = """
. /run/porter/credentials/{name}.env
echo header = \\"Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN\\" |
    curl --silent --show-error --config - $AWS_CONTAINER_CREDENTIALS_FULL_URI
"""
DOCKERS = ("/disk/docker/", "/upper/var/lib/containerd/")
SHOW = ("systemctl", "show", "--value")


@pytest.fixture(scope="module")
def there(stage: Stage) -> Iterator[Staying]:
    """The rehearsal, up, with an object in each bucket."""
    app = stage.playground.app(app=APP, service__main=SERVICE, service__check=CHECK)
    bring_boto3(app / "service" / "vendor")
    python_image(app / "service").save(app / "image.tar")
    process = stage.start(app, "--stay", "--timeout", "450")
    there = stage.staying(process)
    assert there.endpoint, there.told
    s3 = clients(Environment(), there.endpoint)["s3"]
    for bucket in s3.list_buckets()["Buckets"]:
        s3.put_object(Bucket=bucket["Name"], Key="a", Body=b"the object")
    yield there
    ended = stage.end(process, lambda: process.send_signal(signal.SIGINT))
    assert ended.code == 130
    assert ended.left.nothing, ended.left


def act(there: Staying, name: str) -> Any:
    """What the workload `name` could do."""
    return json.loads(ask(there, name, "/act"))


def ask(there: Staying, name: str, path: str) -> str:
    """What the workload `name` answers; only on its host can the container be reached."""
    form = "{{.NetworkSettings.Networks.porter.IPAddress}}"
    inspect = ("docker", "inspect", "--format", form, "porter-box")
    address = there.run(*inspect) if name == "box" else "127.0.0.1"
    return there.run("curl", "-sS", f"http://{address}:{PORTS[name]}{path}")


def works(there: Staying, name: str) -> bool:
    """Whether the workload can act, so far as anybody answers."""
    with suppress(AssertionError):
        return '"GRANTED": "the object"' in ask(there, name, "/act")
    return False


def problem(there: Staying, name: str) -> str:
    """What porterd says of the worker."""
    text: str = there.service()["workers"][name]["problem"]
    return text


def pss(there: Staying) -> int:
    """Kilobytes of porterd's processes, what they share counted once."""
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
    environment = act(there, name)["environment"]
    assert len(environment.pop("AWS_CONTAINER_AUTHORIZATION_TOKEN")) == 64
    assert environment.pop("PORT", "") == ("8000" if name == "web" else "")
    del environment["AWS_CA_BUNDLE"]  # the rehearsal's own
    host = "169.254.170.2" if name == "box" else "127.0.0.1"
    assert environment == {
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
    names = ["box.env", "key", "mail.env", "web.env"]
    files = [f"{folder}/{name}" for name in names]
    assert there.run("ls", folder).split() == names
    assert set(there.run("stat", "--format=%a %U", *files).splitlines()) == {"600 root"}
    assert there.run("stat", "--file-system", "--format=%T", folder) == "tmpfs"


def test_neither_a_token_nor_what_it_is_good_for_is_anywhere_else(
    there: Staying, lines: CommandLines
) -> None:
    """But for a container's token, which Docker has on disk: where SDKs look for it (ADR 0011)."""
    values, tokens = [], {}
    for name in PORTS:
        said = json.loads(there.run("sh", "-c", ASK.format(name=name)))
        values += [said["SecretAccessKey"], said["Token"]]
        tokens[name] = act(there, name)["environment"]["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    found = spilled(there, lines, [tokens.pop("box")])
    assert [place for place in found if not any(one in place for one in DOCKERS)] == []
    assert spilled(there, lines, [*values, *tokens.values()]) == set()


def test_nobody_without_a_token_gets_credentials(there: Staying) -> None:
    url = "http://127.0.0.1:3001/v1/credentials"
    answer = there.run("curl", "-sS", "--header", "Authorization: guessed", url)
    assert json.loads(answer)["code"] == "WrongToken"


def test_a_container_has_its_own_token_alone(there: Staying) -> None:
    variables = [act(there, name)["environment"] for name in PORTS]
    tokens = {each["AWS_CONTAINER_AUTHORIZATION_TOKEN"] for each in variables}
    assert len(tokens) == len(PORTS)
    mounted = "{{range .Mounts}}{{.Destination}} {{end}}"
    shown = there.run("docker", "inspect", "--format", mounted, "porter-box")
    # Nothing else of the host is in it.
    assert sorted(shown.split()) == ["/etc/porter/authorities.pem", "/run/secrets/KEY"]
    program = f"import urllib.request as r; r.urlopen(r.Request({URL!r}, headers={GUESSED!r}))"
    refused = there.porter("shell", "--", "docker", "exec", "porter-box", "python3", "-c", program)
    assert "HTTP Error 403" in refused.stdout + refused.stderr


@pytest.mark.argument("Container(check=...)", "it runs inside the container, as the worker's user")
@pytest.mark.argument("Process(check=...)", "it runs as the worker's user, beside the worker")
@pytest.mark.argument("Check(command=...)", "the gate closed once it had succeeded; exit 1 is told")
@pytest.mark.argument("Check(healthy_threshold=...)", "so many successes before it is well again")
@pytest.mark.argument("Check(interval_seconds=...)", "it runs again after that pause")
@pytest.mark.parametrize("name", WORKERS)
def test_a_workers_check_decides_whether_it_is_well(there: Staying, name: str) -> None:
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
@pytest.mark.parametrize("name", WORKERS)
def test_a_check_that_hangs_is_killed(there: Staying, name: str) -> None:
    ask(there, name, "/slow")
    assert until(lambda: "did not end in time" in problem(there, name), BACK_SECONDS)
    ask(there, name, "/")
    assert until(lambda: not problem(there, name), BACK_SECONDS)
    # One that slept on would be there for ten minutes.
    assert until(lambda: not checks(there), BACK_SECONDS), checks(there)


def checks(there: Staying) -> str:
    """The command lines of checks that run, in the container or not."""
    return there.run("sh", "-c", "pgrep --full --list-full '^python3 check.py' || true")


@pytest.mark.parametrize("unit", UNITS)
def test_units_are_exposed_little(there: Staying, unit: str) -> None:
    said = there.run("systemd-analyze", "security", "--no-pager", f"{unit}.service")
    exposure = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", said)
    assert exposure, said
    assert float(exposure[1]) <= MOST_EXPOSED


def test_another_apply_finds_nothing_to_do(there: Staying) -> None:
    assert there.run("porter", "host", "apply") == "nothing to do"


def test_porterd_stays_small_and_its_restart_is_not_noticed(there: Staying) -> None:
    """The SDK ran in a process of its own, which is gone."""
    assert pss(there) < 45_000
    assert "boto3" not in there.run("sh", "-c", "cat /proc/$(pgrep -o -f porter.daemon)/maps")
    there.run("systemctl", "restart", "porterd")
    assert until(lambda: act(there, "mail").get("GRANTED") == "the object", BACK_SECONDS)


def test_after_a_reboot_there_are_new_tokens_and_they_work(there: Staying) -> None:
    before, init = act(there, "web")["environment"], there.init()
    there.porter("shell", "--", "systemctl", "reboot")
    assert until(lambda: there.init() != init, BACK_SECONDS)
    assert until(lambda: there.instance() or there.page() == "{}", BACK_SECONDS)
    assert all(until(lambda name=name: works(there, name), BACK_SECONDS) for name in PORTS)
    after = act(there, "web")["environment"]
    assert after.pop("AWS_CONTAINER_AUTHORIZATION_TOKEN") not in before.values()
    assert after.items() <= before.items()
    assert there.run("porter", "host", "apply") == "nothing to do"
