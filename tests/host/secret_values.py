"""Secrets of a service, and the files of a host that contain them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from porter.aws.clients import Clients
from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from porter.spec import Job, Secret
from tests.host.fake_host import WEB, FakeHost

PASSWORD = "pass word's $ecret"  # noqa: S105 - the test's own
KEY = "-----BEGIN KEY-----\nmultiline-key-value\n-----END KEY-----\n"
SECRETS = {
    "DATABASE_PASSWORD": Secret(store="secretsmanager", id="db", field="password"),
    "TOKEN": Secret(store="ssm", id="/app/token"),
}
KEY_FILE = Secret(store="secretsmanager", id="key")
WITH_SECRETS = replace(WEB, secrets=SECRETS, secret_files={"KEY": KEY_FILE})
JOB = Job(
    name="report",
    command=("true",),
    schedule="daily",
    secrets={"TOKEN": SECRETS["TOKEN"]},
    secret_files={"KEY": KEY_FILE},
)


@contextmanager
def account(emulator: Emulator) -> Iterator[Clients]:
    """An account with the secrets in it."""
    aws = clients(Environment(account="111122223333", region="eu-central-1"), emulator.endpoint)
    secrets, parameters = aws["secretsmanager"], aws["ssm"]
    secrets.create_secret(Name="db", SecretString=json.dumps({"password": PASSWORD}))
    secrets.create_secret(Name="key", SecretString=KEY)
    parameters.put_parameter(Name="/app/token", Value="token-one", Type="SecureString")
    yield aws
    for name in ("db", "key"):
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    parameters.delete_parameter(Name="/app/token")


def holding(host: FakeHost, value: str) -> set[str]:
    """Return the files below the root that contain `value`."""
    return {name for name, content in host.files().items() if value.encode() in content}


def in_memory(host: FakeHost) -> dict[str, bytes]:
    """Return the files with secrets, and the environments with secrets in them."""
    folders = ("run/porter/secrets/", "run/porter/environment/web")
    return {name: text for name, text in host.files().items() if name.startswith(folders)}


def boot(host: FakeHost) -> int:
    """Run what `porter-environment.service` runs; return its exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "porter.host.environment"],
        env={**os.environ, **host.environment, "PORTER_ROOT": str(host.root)},
        timeout=60,
        check=False,
    )
    return done.returncode


def environment_of(host: FakeHost) -> str:
    [name] = [name for name in host.files() if "environment/web" in name]
    return (host.root / name).read_text()


def unit_of(host: FakeHost) -> str:
    [name] = [name for name in host.files() if "/porter-web" in name and name.startswith("etc/sys")]
    return (host.root / name).read_text()


def fail_to_start(host: FakeHost, words: str) -> subprocess.CompletedProcess[str]:
    """Run an apply that must fail: the service does not start, and its last lines are `words`."""
    host.apply()
    journalctl = host.root / "usr/bin/journalctl"
    journalctl.write_text(f"#!/bin/sh\necho {words}\n")
    journalctl.chmod(0o755)
    [unit] = [call.split()[-1] for call in host.calls() if "start porter-web" in call]
    (host.root / f"systemd/active-{unit}").unlink()
    host.fail("start", unit)
    done = host.porter("host", "apply")
    assert done.returncode == 1
    return done
