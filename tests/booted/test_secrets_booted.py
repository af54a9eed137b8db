"""Secrets on a booted machine: handed over, rotated, fetched again at boot, and never spilled."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from porter.aws.clients import Clients
from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from tests.booted.secret_app import PRINTED, app_with_secrets
from tests.booted.spilled import JOURNAL, CommandLines, spilled
from tests.booted.stage import Stage, Staying
from tests.booted.traces import until

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root"),
    pytest.mark.usefixtures("_fast_synthesis"),
]

BACK_SECONDS = 120.0
KEY = "-----BEGIN PRIVATE KEY-----\nbm90IHJlYWxseSBhIGtleQ\n-----END PRIVATE KEY-----\n"
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
TOKEN = "token-after-its-rotation"  # noqa: S105 - the test's own

READ = """\
import sys
from porter.aws.secrets import Patience, SecretError, read_secret
from porter.spec import Secret

try:
    print(read_secret(Secret(store="ssm", id=sys.argv[1]), "us-east-1", Patience(0)))
except SecretError as error:
    print(error)
"""


@dataclass(frozen=True)
class Known:
    """The rehearsal, its AWS, and the command lines seen since it began."""

    there: Staying
    aws: Clients
    lines: CommandLines
    values: set[str]

    def value(self, name: str) -> str:
        """What Secrets Manager has."""
        answer = self.aws["secretsmanager"].get_secret_value(SecretId=name)["SecretString"]
        self.values.add(str(answer))
        return str(answer)

    @property
    def long_values(self) -> set[str]:
        """Those that are no word of anything else."""
        return {value for value in self.values if len(value) > len("unset")}

    def has(self, **expected: str) -> bool:
        """Whether the running service has exactly these values."""
        page = self.there.page()
        return digests(expected).items() <= (json.loads(page) if page else {}).items()

    def says(self, unit: str, **expected: str) -> bool:
        """Whether what `unit` said of its values, at last, is exactly these."""
        said = self.there.run("journalctl", "--no-pager", "--output=cat", f"--unit={unit}")
        found = re.findall(r"^(\w{64})  \S*/(\w+)$", said, re.MULTILINE)
        return {name: digest for digest, name in found} == digests(expected)


def digests(values: Mapping[str, str]) -> dict[str, str]:
    """As the programs tell them."""
    return {name: hashlib.sha256(value.encode()).hexdigest() for name, value in values.items()}


@pytest.fixture(scope="module")
def known(stage: Stage) -> Iterator[Known]:
    """The rehearsal, up, and ended in order."""
    app = app_with_secrets(stage.playground)
    with CommandLines() as lines:
        process = stage.start(app, "--stay", "--timeout", "240")
        there = stage.staying(process)
        known = Known(there, clients(Environment(), there.endpoint), lines, set())
        yield known
        ended = stage.end(process, lambda: process.send_signal(signal.SIGINT))
        assert ended.code == 130
        told = ended.out + ended.err
        assert [value for value in known.long_values if value in told] == []
        assert ended.left.nothing, ended.left


@pytest.mark.argument("Process(secrets=...)", "the service has the value, and its host fetched it")
@pytest.mark.argument("Secret.from_secrets_manager(secret=...)", "the variable has this one")
@pytest.mark.argument("Secret.from_secrets_manager(field=...)", "the variable has this field alone")
@pytest.mark.argument("Secret.from_secrets_manager(version=...)", "the variable has this version")
@pytest.mark.argument("Secret.from_secrets_manager(file=...)", "the file `NAME_FILE` has the value")
@pytest.mark.argument("Secret.from_parameter(parameter=...)", "the variable has this one")
@pytest.mark.argument(
    "Secret.from_parameter(version=...)", "the file has the first value, later too"
)
@pytest.mark.argument("Secret.from_parameter(file=...)", "the file `NAME_FILE` has the value")
def test_a_service_has_its_secrets_and_follows_a_rotation(known: Known) -> None:
    there, database = known.there, known.value("database")
    password = json.loads(database)["password"]
    known.values.add(password)
    first = {"DATABASE": database, "PASSWORD": password, "CURRENT": password, "TOKEN": "unset"}
    assert known.has(**first, KEY=known.value("key"), FIRST_TOKEN="unset")  # noqa: S106
    unset = {"TOKEN": "unset", "KEY": known.value("key")}
    assert until(lambda: known.says("porter-box", **unset), 30)
    assert until(lambda: known.says("porter-job-report", **unset), 60)
    assert there.run("porter", "host", "apply") == "nothing to do"
    known.aws["secretsmanager"].put_secret_value(SecretId="key", SecretString=KEY)
    known.aws["ssm"].put_parameter(
        Name="/app/token", Value=TOKEN, Type="SecureString", Overwrite=True
    )
    known.values.update((KEY, TOKEN))
    assert TOKEN not in there.run("porter", "host", "apply", "--dry-run")
    told = there.run("porter", "host", "apply")
    assert TOKEN not in told
    assert until(lambda: known.has(KEY=KEY, TOKEN=TOKEN, FIRST_TOKEN="unset"), 30), told  # noqa: S106
    assert there.run("porter", "host", "apply") == "nothing to do"


@pytest.mark.argument("Container(secrets=...)", "files in it, `NAME_FILE` says where; rotated too")
@pytest.mark.argument("Job(secrets=...)", "its next run has the value, in a variable or a file")
def test_so_do_a_container_and_a_job(known: Known) -> None:
    """After the rotation; before it they had the others (above)."""
    assert until(lambda: known.says("porter-box", KEY=KEY, TOKEN=TOKEN), 60)
    assert until(lambda: known.says("porter-job-report", KEY=KEY, TOKEN=TOKEN), 60)


def test_a_containers_files_are_its_users_to_read_and_no_one_elses(known: Known) -> None:
    there = known.there
    inside = ("docker", "exec", "porter-box", "sh", "-c")
    assert there.run(*inside, "id -u; cat $TOKEN_FILE").split() == ["10000", TOKEN]
    refused = there.porter("shell", "--", *inside, "echo more > $TOKEN_FILE")
    assert "Read-only file system" in refused.stdout + refused.stderr
    assert TOKEN not in there.run("docker", "inspect", "porter-box")
    outside = "/run/porter/containers/box/TOKEN"
    assert there.run("stat", "--file-system", "--format=%T", outside) == "tmpfs"
    refused = there.porter("shell", "--", *NOBODY, "cat", outside)
    assert "Permission denied" in refused.stdout + refused.stderr


def test_they_are_in_memory_and_for_root_alone(known: Known) -> None:
    there = known.there
    found = there.run("find", "/run/porter/secrets", "-type", "f", "-printf", r"%m %u %F\n")
    assert set(found.splitlines()) == {"600 root tmpfs"}
    printed = json.loads(there.run("porter", "host", "secrets", "--json"))
    assert printed["web"]["TOKEN"] == TOKEN
    assert printed["box"] == printed["job-report"] == {"KEY": KEY, "TOKEN": TOKEN}
    refused = there.porter("shell", "--", *NOBODY, "porter", "host", "secrets")
    assert refused.returncode == 1
    assert TOKEN not in refused.stdout
    assert "run it as root" in refused.stdout + refused.stderr


def test_the_host_may_read_no_parameter_that_the_app_does_not_name(known: Known) -> None:
    known.aws["ssm"].put_parameter(Name="/another/token", Value="its value", Type="SecureString")
    argv = ("sh", "-c", 'PYTHONPATH=$(echo /opt/porter/bundle-*) python3 -c "$0" "$1"', READ)
    assert known.there.run(*argv, "/app/token") == TOKEN
    assert "AccessDenied" in known.there.run(*argv, "/another/token")


@pytest.mark.argument("Secret.from_command(command=...)", "the variable has what it printed")
@pytest.mark.argument("Secret.from_command(key=...)", "the host opens it with this key of KMS")
@pytest.mark.argument("Secret.from_command(field=...)", "the variable has this field alone")
@pytest.mark.argument("Secret.from_command(file=...)", "the file `NAME_FILE` has the value")
def test_what_a_command_printed_at_synthesis_is_among_them(known: Known) -> None:
    """Under the key that the app names: with it disabled, the host cannot."""
    known.values.update(PRINTED.values())
    assert known.has(**PRINTED)
    printed = json.loads(known.there.run("porter", "host", "secrets", "--json"))
    assert PRINTED.items() <= printed["web"].items()
    [key] = [key["KeyId"] for key in known.aws["kms"].list_keys()["Keys"]]
    told = known.aws["kms"].describe_key(KeyId=key)["KeyMetadata"]
    assert told["Description"] == "stands for alias/hello"
    known.aws["kms"].disable_key(KeyId=key)
    refused = known.there.porter("shell", "--", "porter", "host", "apply")
    assert refused.returncode == 1
    assert "the command's output 'PART': DisabledException" in refused.stdout + refused.stderr
    known.aws["kms"].enable_key(KeyId=key)
    assert known.there.run("porter", "host", "apply") == "nothing to do"


def test_after_a_reboot_they_are_fetched_again(known: Known) -> None:
    there = known.there
    rotated = f"{TOKEN}-twice"
    known.values.add(rotated)
    known.aws["ssm"].put_parameter(
        Name="/app/token", Value=rotated, Type="SecureString", Overwrite=True
    )
    init = there.init()
    there.porter("shell", "--", "systemctl", "reboot")
    assert until(lambda: there.init() != init, BACK_SECONDS)
    assert until(lambda: known.has(TOKEN=rotated, KEY=KEY, **PRINTED), BACK_SECONDS)
    assert until(lambda: known.says("porter-box", TOKEN=rotated, KEY=KEY), BACK_SECONDS)
    assert until(lambda: known.says("porter-job-report", TOKEN=rotated, KEY=KEY), BACK_SECONDS)


def test_no_value_is_anywhere_else(known: Known) -> None:
    assert len(known.long_values) >= 8
    assert spilled(known.there, known.lines, known.long_values) == set()


def test_whatever_else_is_there_is_found(known: Known) -> None:
    """Else the search above proved nothing: these are no secrets, and in every kind of place."""
    found = spilled(known.there, known.lines, ["porter", "Hello"])
    assert {JOURNAL, "what the rehearsal told", "the template of Hello"} <= found
    assert {"the events of Hello", "app/app.py"} <= found
    for place in ("the user data of", "the command line", "/cdk.out/Hello.template.json"):
        assert any(place in one for one in found), place
    for place in ("/etc/porter/deployment.json", "/docker/", "/deploy.log", "/console.log"):
        assert any(place in one for one in found), place


def test_the_handles_signature_is_in_user_data_and_what_came_of_it_alone(known: Known) -> None:
    """It is with root and with cloud-init; to CloudFormation the whole URL is the handle's name."""
    deployment = json.loads(known.there.run("cat", "/etc/porter/deployment.json"))
    signature = re.findall(r"Signature=(\w+)", deployment["handle_url"])
    found = spilled(known.there, known.lines, signature)
    mine = ("/upper/etc/porter/deployment.json", "/upper/var/lib/cloud/", "the user data of ")
    others = {place for place in found if not any(one in place for one in mine)}
    assert found > others
    assert others <= {"the events of Hello"}
