"""Secrets reach a workload in memory only, follow a rotation, and are readable by root alone."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from porter.aws.clients import Clients
from porter.rehearsal.cloud.emulator import Emulator
from porter.spec import Deployment, Package, Secret, Splunk
from tests.daemon.loopback import Imds, WaitHandle, running
from tests.host.fake_host import WEB, FakeHost, host_deployment, host_spec
from tests.host.secret_values import (
    JOB,
    KEY,
    KEY_FILE,
    PASSWORD,
    SECRETS,
    WITH_SECRETS,
    account,
    boot,
    environment_of,
    fail_to_start,
    holding,
    in_memory,
    unit_of,
)


@pytest.fixture
def aws(emulator: Emulator) -> Iterator[Clients]:
    with account(emulator) as aws:
        yield aws


@pytest.fixture
def deployment(handle: WaitHandle) -> Deployment:
    """A deployment with the wait handle `handle`."""
    return host_deployment(handle_url=handle.url)


@pytest.fixture
def host(
    fake_host: FakeHost, aws: Clients, emulator: Emulator, deployment: Deployment
) -> Iterator[FakeHost]:
    """A host whose service has secrets."""
    del aws
    imds = Imds()
    fake_host.environment |= {
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_ACCESS_KEY_ID": "111122223333",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": imds.url,
    }
    fake_host.boot(host_spec(workloads=(WITH_SECRETS,)), deployment)
    with running(imds):
        yield fake_host


def test_values_are_in_memory_for_root_alone_and_nowhere_else(host: FakeHost) -> None:
    told = host.apply("--json")
    variables = environment_of(host)
    assert 'DATABASE_PASSWORD="pass word\'s \\$ecret"' in variables
    assert 'TOKEN="token-one"' in variables
    for value in ("$ecret", "token-one", "multiline-key-value"):
        assert value not in told
        where = holding(host, value)
        assert where
        assert all(name.startswith("run/porter/") for name in where), where
        assert all((host.root / name).stat().st_mode & 0o777 == 0o600 for name in where)
    assert host.apply() == "nothing to do\n"


def test_a_file_is_a_credential_of_the_unit_and_its_path_a_variable(host: FakeHost) -> None:
    host.apply()
    file = host.root / "run/porter/secrets/web/KEY"
    assert file.read_text() == KEY
    assert f"LoadCredential=KEY:{file}\n" in unit_of(host)
    assert f'KEY_FILE="{host.root}/run/credentials/porter-web' in environment_of(host)


def test_a_rotated_secret_restarts_the_workload_and_porterd(host: FakeHost, aws: Clients) -> None:
    host.apply()
    host.calls()
    aws["ssm"].put_parameter(Name="/app/token", Value="token-two", Overwrite=True)
    dry = host.apply("--dry-run")
    assert "restart porter-web" in dry
    assert "token-" not in dry
    assert host.calls() == []
    host.apply()
    assert 'TOKEN="token-two"' in environment_of(host)
    calls = host.calls()
    assert [call.split()[0] for call in calls if "porter-web" in call] == ["restart"]
    assert "restart porterd.service" in calls
    assert holding(host, "token-one") == set()
    assert host.apply() == "nothing to do\n"


def test_a_boot_fetches_them_again(host: FakeHost) -> None:
    host.apply()
    before = in_memory(host)
    shutil.rmtree(host.root / "run")
    assert boot(host) == 0
    assert in_memory(host) == before
    unit = host.unit("porter-environment.service")
    assert "After=network-online.target" in unit
    assert "PrivateNetwork" not in unit
    lines = host.unit("porterd.service").splitlines()
    assert "After=porter-haproxy.service porter-environment.service" in lines


def test_a_boot_fetches_those_of_a_job_too(host: FakeHost, deployment: Deployment) -> None:
    host.boot(host_spec(jobs=(JOB,), lease_table="Leases"), deployment)
    host.apply()
    assert boot(host) == 0
    environment = (host.root / "run/porter/environment/job-report.env").read_text()
    assert 'TOKEN="token-one"\n' in environment
    key = host.root / "run/porter/secrets/job-report/KEY"
    assert key.read_text() == KEY
    assert key.stat().st_mode & 0o777 == 0o600
    printed = json.loads(host.porter("host", "secrets", "--json").stdout)
    assert printed == {"job-report": {"KEY": KEY, "TOKEN": "token-one"}}
    host.boot(host_spec(), deployment)
    host.apply()
    assert not key.exists()


def test_an_agents_secret_is_fetched_again_too(host: FakeHost, deployment: Deployment) -> None:
    """Even without a workload, porterd needs the values that it redacts."""
    splunk = Splunk(
        package=Package(format="deb", sha256="c" * 64, url="https://example.com/uf.deb"),
        accept_license=True,
        deployment_server="splunk.example.com:8089",
        admin_password=SECRETS["TOKEN"],
    )
    alone = host_spec(workloads=(), proxy=None, health_check=None, splunk=splunk)
    host.boot(alone, deployment)
    host.apply()
    assert "secrets.json" in host.unit("porterd.service")
    assert "start porter-environment.service" in host.calls()
    assert host.apply().endswith("nothing to do\n")


def test_a_secret_that_is_no_longer_used_is_removed(host: FakeHost, deployment: Deployment) -> None:
    host.apply()
    host.boot(host_spec(), deployment)
    host.apply()
    assert not (host.root / "run/porter/secrets/held.json").exists()
    assert not (host.root / "run/porter/secrets/web/KEY").exists()
    assert holding(host, "token-one") == set()
    assert "secrets.json" not in host.unit("porterd.service")
    assert host.apply() == "nothing to do\n"


def test_a_failed_apply_removes_no_secret_of_a_running_program(
    host: FakeHost, deployment: Deployment
) -> None:
    """A unit without its credential could not restart."""
    host.apply()
    [unit] = [call.split()[-1] for call in host.calls() if "start porter-web" in call]
    host.boot(host_spec(workloads=(replace(WITH_SECRETS, secret_files={}),)), deployment)
    host.fail("restart", unit)
    assert host.porter("host", "apply").returncode == 1
    assert (host.root / "run/porter/secrets/web/KEY").exists()


@pytest.mark.parametrize(
    ("workload", "told"),
    [
        (
            replace(WEB, secrets={"GONE": Secret(store="ssm", id="/gone")}),
            ("cannot read the parameter '/gone': ParameterNotFound", "secrets/GONE"),
        ),
        (
            replace(WEB, secrets={"KEY": KEY_FILE}),
            (
                "the value of 'key' has several lines",
                "secrets/KEY",
                "cure: pass it as a file",
            ),
        ),
    ],
    ids=["missing", "several lines"],
)
def test_a_refused_secret_fails_the_apply_and_is_named(
    host: FakeHost,
    deployment: Deployment,
    handle: WaitHandle,
    workload: object,
    told: tuple[str, ...],
) -> None:
    host.boot(host_spec(workloads=(workload,)), deployment)
    done = host.porter("host", "apply")
    assert done.returncode == 1
    assert "where: phase secrets: workloads/0/secrets/" in done.stderr
    for words in told:
        assert words in done.stderr
    reason = handle.puts[0].signal["Reason"]
    assert "phase secrets: workloads/0/secrets/" in reason
    assert told[0] in reason
    assert "multiline" not in done.stderr + reason


def test_an_error_does_not_repeat_what_a_service_printed(host: FakeHost) -> None:
    """The unit does not start, and its last lines contain a secret."""
    done = fail_to_start(host, 'connecting with token-one and "pass word\'s \\$ecret"')
    assert "connecting with [redacted] and [redacted]" in done.stderr
    log = (host.root / "var/log/porter/apply.log").read_text()
    assert "connecting with [redacted] and [redacted]" in log
    for value in ("token-one", "$ecret"):
        assert value not in done.stderr + log


def test_a_long_line_is_not_cut_through_a_secret(host: FakeHost) -> None:
    """Porter redacts output before it cuts the output, so no half of a secret is left."""
    done = fail_to_start(host, f"{'x' * 693} token-one")
    assert "xxx" in done.stderr
    assert "token" not in done.stderr + (host.root / "var/log/porter/apply.log").read_text()


def test_porter_host_secrets_prints_names_and_values(host: FakeHost) -> None:
    assert host.porter("host", "secrets").stdout == ""
    host.apply()
    printed = host.porter("host", "secrets").stdout
    assert printed.startswith("# web\n")
    assert "\nTOKEN=token-one\n" in printed
    shell = subprocess.run(
        ["sh", "-c", f'{printed}\nprintf %s "$DATABASE_PASSWORD|$KEY"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shell.stdout == f"{PASSWORD}|{KEY}"
    as_json = json.loads(host.porter("host", "secrets", "--json").stdout)
    assert as_json == {"web": {"DATABASE_PASSWORD": PASSWORD, "KEY": KEY, "TOKEN": "token-one"}}
