"""Secrets on the shared host: passed to programs, rotated, and readable by nobody else."""

from __future__ import annotations

import json

import pytest

from tests.booted.one_host.app import PRINTED
from tests.booted.one_host.known import KEY, TOKEN, Known
from tests.harness.conditions import boots
from tests.harness.traces import until

pytestmark = [
    pytest.mark.machines,
    boots,
    pytest.mark.timeout(1200),  # the first test of the folder waits until Docker is installed
]

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
READ = """\
import sys
from porter.aws.secrets import Patience, SecretError, read_secret
from porter.spec import Secret

try:
    print(read_secret(Secret(store="ssm", id=sys.argv[1]), "us-east-1", Patience(0)))
except SecretError as error:
    print(error)
"""


@pytest.mark.argument("Process(secrets=...)", "the service has the value, and its host fetched it")
@pytest.mark.argument(
    "Secret.from_secrets_manager(secret=...)", "the variable has the secret's value"
)
@pytest.mark.argument("Secret.from_secrets_manager(field=...)", "the variable has only this field")
@pytest.mark.argument("Secret.from_secrets_manager(version=...)", "the variable has this version")
@pytest.mark.argument("Secret.from_secrets_manager(file=...)", "the file `NAME_FILE` has the value")
@pytest.mark.argument(
    "Secret.from_parameter(parameter=...)", "the variable has the parameter's value"
)
@pytest.mark.argument(
    "Secret.from_parameter(version=...)", "the file has version 1, also after a change"
)
@pytest.mark.argument("Secret.from_parameter(file=...)", "the file `NAME_FILE` has the value")
def test_a_process_has_its_secrets_and_follows_a_rotation(known: Known) -> None:
    there, password = known.there, known.password
    first = {"DATABASE": known.database, "PASSWORD": password, "CURRENT": password}
    unset = {"TOKEN": "unset", "KEY": known.key}
    assert known.has(**first, **unset, FIRST_TOKEN="unset")  # noqa: S106
    assert until(lambda: known.printed("porter-reader", **unset), 30)
    assert until(lambda: known.printed("porter-job-report", **unset), 60)
    assert there.run("porter", "host", "apply") == "nothing to do"
    known.rotate_key(KEY)
    known.rotate_token(TOKEN)
    assert TOKEN not in there.run("porter", "host", "apply", "--dry-run")
    told = there.run("porter", "host", "apply")
    assert TOKEN not in told
    assert until(lambda: known.has(KEY=KEY, TOKEN=TOKEN, FIRST_TOKEN="unset"), 30), told  # noqa: S106
    assert there.run("porter", "host", "apply") == "nothing to do"


@pytest.mark.argument(
    "Container(secrets=...)", "the container has the files at `NAME_FILE`, also after a rotation"
)
@pytest.mark.argument("Job(secrets=...)", "the next run has the value, in a variable or a file")
def test_a_container_and_a_job_follow_a_rotation_too(known: Known) -> None:
    """An earlier test rotated the secrets; before that, the programs had the old values."""
    assert until(lambda: known.printed("porter-reader", KEY=KEY, TOKEN=TOKEN), 60)
    assert until(lambda: known.printed("porter-job-report", KEY=KEY, TOKEN=TOKEN), 60)


def test_only_a_containers_own_user_may_read_its_secret_files(known: Known) -> None:
    there = known.there
    inside = ("docker", "exec", "porter-reader", "sh", "-c")
    assert there.run(*inside, "id -u; cat $TOKEN_FILE").split() == ["10000", TOKEN]
    refused = there.attempt(*inside, "echo more > $TOKEN_FILE")
    assert "Read-only file system" in refused.stdout + refused.stderr
    assert TOKEN not in there.run("docker", "inspect", "porter-reader")
    outside = "/run/porter/containers/reader/TOKEN"
    assert there.run("stat", "--file-system", "--format=%T", outside) == "tmpfs"
    refused = there.attempt(*NOBODY, "cat", outside)
    assert "Permission denied" in refused.stdout + refused.stderr


def test_secrets_are_in_memory_and_only_root_may_read_them(known: Known) -> None:
    there = known.there
    found = there.run("find", "/run/porter/secrets", "-type", "f", "-printf", r"%m %u %F\n")
    assert set(found.splitlines()) == {"600 root tmpfs"}
    printed = json.loads(there.run("porter", "host", "secrets", "--json"))
    assert printed["vault"]["TOKEN"] == TOKEN
    assert printed["reader"] == printed["job-report"] == {"KEY": KEY, "TOKEN": TOKEN}
    refused = there.attempt(*NOBODY, "porter", "host", "secrets")
    assert refused.returncode == 1
    assert TOKEN not in refused.stdout
    assert "run it as root" in refused.stdout + refused.stderr


def test_the_host_may_read_no_parameter_that_the_app_does_not_name(known: Known) -> None:
    known.aws["ssm"].put_parameter(Name="/another/token", Value="its value", Type="SecureString")
    argv = ("sh", "-c", 'PYTHONPATH=$(echo /opt/porter/bundle-*) python3 -c "$0" "$1"', READ)
    assert known.there.run(*argv, "/app/token") == TOKEN
    assert "AccessDenied" in known.there.run(*argv, "/another/token")


@pytest.mark.argument("Secret.from_command(command=...)", "the variable has the command's output")
@pytest.mark.argument(
    "Secret.from_command(key=...)", "the host decrypts the value with this KMS key"
)
@pytest.mark.argument("Secret.from_command(field=...)", "the variable has only this field")
@pytest.mark.argument("Secret.from_command(file=...)", "the file `NAME_FILE` has the value")
def test_a_process_has_what_a_command_printed_at_synthesis(known: Known) -> None:
    """The host needs the KMS key that the app names: it fails once the key is disabled."""
    assert known.has(**PRINTED)
    printed = json.loads(known.there.run("porter", "host", "secrets", "--json"))
    assert PRINTED.items() <= printed["vault"].items()
    [key] = [key["KeyId"] for key in known.aws["kms"].list_keys()["Keys"]]
    told = known.aws["kms"].describe_key(KeyId=key)["KeyMetadata"]
    assert told["Description"] == "stands for alias/hello"
    known.aws["kms"].disable_key(KeyId=key)
    refused = known.there.attempt("porter", "host", "apply")
    assert refused.returncode == 1
    assert "the command's output 'PART': DisabledException" in refused.stdout + refused.stderr
    known.aws["kms"].enable_key(KeyId=key)
    assert known.there.run("porter", "host", "apply") == "nothing to do"
