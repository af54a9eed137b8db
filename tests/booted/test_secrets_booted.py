"""Secrets on a booted machine: handed over, rotated, fetched again at boot, and never spilled."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from porter.aws.clients import Clients
from porter.rehearsal.account import clients
from porter.rehearsal.assembly import Environment
from tests.booted.spilled import CommandLines, spilled
from tests.booted.stage import Stage, Staying
from tests.booted.traces import until

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root"),
    pytest.mark.usefixtures("_fast_synthesis"),
]

BACK_SECONDS = 120.0
KEY = "-----BEGIN PRIVATE KEY-----\nbm90IHJlYWxseSBhIGtleQ\n-----END PRIVATE KEY-----\n"
TOKEN = "token-after-its-rotation"  # noqa: S105 - the test's own

APP = """\
import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager, aws_ssm as ssm
from porter_cdk import PorterService, Process, Secret

app = cdk.App()
stack = cdk.Stack(app, "Hello")
template = '{"user": "app"}'
generated = secretsmanager.SecretStringGenerator(
    secret_string_template=template, generate_string_key="password", exclude_punctuation=True)
database = secretsmanager.Secret(
    stack, "Database", secret_name="database", generate_secret_string=generated)
key = secretsmanager.Secret(stack, "Key", secret_name="key")
token = ssm.StringParameter(stack, "Token", parameter_name="/app/token", string_value="unset")
secrets = {
    "PASSWORD": Secret.from_secrets_manager(database, field="password"),
    "DATABASE": Secret.from_secrets_manager("database"),
    "KEY": Secret.from_secrets_manager(key, file=True),
    "TOKEN": Secret.from_parameter(token),
    "FIRST_TOKEN": Secret.from_parameter("/app/token", version=1, file=True),
    "CURRENT": Secret.from_secrets_manager(database, field="password", version="AWSCURRENT"),
}
service = PorterService(
    stack, "Service",
    run=Process(["python3", "main.py"], source="service", port=8000, secrets=secrets))
for made in (database, key, token):
    service.node.add_dependency(made)
app.synth()
"""

SERVICE = """\
import hashlib, json, os, pathlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

names = ("PASSWORD", "DATABASE", "TOKEN", "CURRENT")
values = {name: os.environ[name] for name in names}
for name in ("KEY", "FIRST_TOKEN"):
    values[name] = pathlib.Path(os.environ[name + "_FILE"]).read_text()
digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in values.items()}


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(digests).encode())


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

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
    """The rehearsal, its AWS, its app, and the command lines seen since it began."""

    there: Staying
    aws: Clients
    app: Path
    lines: CommandLines
    values: set[str]

    def value(self, name: str) -> str:
        """What Secrets Manager has."""
        answer = self.aws["secretsmanager"].get_secret_value(SecretId=name)["SecretString"]
        self.values.add(str(answer))
        return str(answer)

    def has(self, **expected: str) -> bool:
        """Whether the running service has exactly these values."""
        import hashlib  # noqa: PLC0415 - as the service does

        page = self.there.page()
        found = json.loads(page) if page else {}
        return all(
            found.get(name) == hashlib.sha256(value.encode()).hexdigest()
            for name, value in expected.items()
        )


@pytest.fixture(scope="module")
def known(stage: Stage) -> Iterator[Known]:
    """The rehearsal, up, and ended in order."""
    app = stage.playground.app(app=APP, service__main=SERVICE)
    with CommandLines() as lines:
        process = stage.start(app, "--stay", "--timeout", "240")
        there = stage.staying(process)
        yield Known(there, clients(Environment(), there.endpoint), app, lines, set())
        ended = stage.end(process, lambda: process.send_signal(signal.SIGINT))
        assert ended.code == 130
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


def test_they_are_in_memory_and_for_root_alone(known: Known) -> None:
    there = known.there
    found = there.run("find", "/run/porter/secrets", "-type", "f", "-printf", r"%m %u %F\n")
    assert set(found.splitlines()) == {"600 root tmpfs"}
    printed = json.loads(there.run("porter", "host", "secrets", "--json"))
    assert printed["web"]["TOKEN"] == TOKEN
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    refused = there.porter("shell", "--", *nobody, "porter", "host", "secrets")
    assert refused.returncode == 1
    assert TOKEN not in refused.stdout
    assert "run it as root" in refused.stdout + refused.stderr


def test_the_host_may_read_no_parameter_that_the_app_does_not_name(known: Known) -> None:
    known.aws["ssm"].put_parameter(Name="/another/token", Value="its value", Type="SecureString")
    argv = ("sh", "-c", 'PYTHONPATH=$(echo /opt/porter/bundle-*) python3 -c "$0" "$1"', READ)
    assert known.there.run(*argv, "/app/token") == TOKEN
    assert "AccessDenied" in known.there.run(*argv, "/another/token")


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
    assert until(lambda: known.has(TOKEN=rotated, KEY=KEY), BACK_SECONDS)


def test_no_value_is_anywhere_else(known: Known) -> None:
    """Files that last, the journal, command lines, what synthesis wrote, and the template."""
    values = {value for value in known.values if len(value) > len("unset")}
    assert len(values) >= 5
    assert spilled(known.there, values, known.app) == []
    assert known.lines.with_any(values) == []
    assert any(b"porter" in line for line in known.lines.seen)
    cloudformation = known.aws["cloudformation"]
    template = json.dumps(cloudformation.get_template(StackName="Hello")["TemplateBody"])
    assert not any(value in template for value in values)
