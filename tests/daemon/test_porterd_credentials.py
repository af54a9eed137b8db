"""A real porterd hands out the service role's credentials, from the embedded AWS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.fleet.credentials import RoleCredentials
from porter.spec import workload_token
from tests.daemon.handing import KEY, asked, given, profile, told
from tests.daemon.loopback import INSTANCE_ID, Imds
from tests.daemon.porterd_process import PorterdProcess
from tests.daemon.roles import Roles

SDK = """\
import boto3
sts, s3 = boto3.client("sts"), boto3.client("s3")
print(sts.get_caller_identity()["Arn"])
print(s3.get_object(Bucket="granted", Key="a")["Body"].read().decode())
try:
    s3.get_object(Bucket="refused", Key="a")
except s3.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
"""


@pytest.fixture(scope="module")
def roles(emulator: Emulator) -> Roles:
    return Roles(clients(Environment(region="eu-west-1"), emulator.endpoint))


@pytest.fixture
def handing(
    porterd: PorterdProcess, emulator: Emulator, roles: Roles, imds: Imds
) -> PorterdProcess:
    """A porterd for two workloads, not started yet, on an instance with the host's role."""
    profile(imds, RoleCredentials(roles.aws, roles.host, INSTANCE_ID)())
    porterd.environment["AWS_ENDPOINT_URL"] = emulator.endpoint
    told(porterd, roles.service)
    return porterd


def test_an_sdk_acts_as_the_service_role_and_may_do_what_was_granted(
    handing: PorterdProcess, roles: Roles, emulator: Emulator
) -> None:
    """boto3 has only the variables of a workload's environment."""
    handing.start()
    given(handing)
    done = subprocess.run(
        [sys.executable, "-c", SDK],
        env={
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": workload_token(KEY, "mail"),
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{handing.port}/v1/credentials",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL": emulator.endpoint,
            "HOME": "/nonexistent",
            "PATH": os.environ["PATH"],
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assumed = roles.service.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
    expected = [f"{assumed}/mail@{INSTANCE_ID}", "the object", "AccessDenied"]
    assert done.stdout.splitlines() == expected, done.stderr


def test_the_instance_decides_who_porterd_is(handing: PorterdProcess) -> None:
    """Porterd uses the instance's role for every call to AWS (`Clients.of_host`), not a profile."""
    handing.environment["AWS_PROFILE"] = "of-somebody"
    handing.start()
    given(handing)


def test_each_workload_has_a_session_of_its_own_in_the_container_format(
    handing: PorterdProcess, roles: Roles
) -> None:
    handing.start()
    mail, sms = given(handing, "mail"), given(handing, "sms")
    assert mail.keys() == {"AccessKeyId", "SecretAccessKey", "Token", "Expiration", "RoleArn"}
    assert mail["RoleArn"] == roles.service
    assert mail["AccessKeyId"] != sms["AccessKeyId"]
    left = datetime.fromisoformat(mail["Expiration"]) - datetime.now(UTC)
    assert 3000 < left.total_seconds() <= 3600
    assert asked(handing, "mail")[1] == mail, "kept, not asked for again"
    _, headers, _ = handing.exchange(
        "GET", "/v1/credentials", Authorization=workload_token(KEY, "mail")
    )
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "MissingToken"),
        ({"Authorization": "x"}, 403, "WrongToken"),
        ({"Authorization": "\xe9"}, 403, "WrongToken"),
        ({"Authorization": workload_token(b"another key", "mail")}, 403, "WrongToken"),
        ({"Authorization": workload_token(KEY, "another")}, 403, "WrongToken"),
    ],
)
def test_nobody_else_gets_any(
    handing: PorterdProcess, headers: dict[str, str], status: int, code: str
) -> None:
    handing.start()
    found, _, body = handing.exchange("GET", "/v1/credentials", **headers)
    assert (found, json.loads(body)["code"]) == (status, code)


def test_a_page_that_rebinds_its_name_is_refused_and_the_bridges_address_is_not(
    handing: PorterdProcess,
) -> None:
    handing.start()
    given(handing)
    token = workload_token(KEY, "mail")
    for host, expected in (("evil.example", 400), ("169.254.170.2", 200)):
        status, _, _ = handing.exchange("GET", "/v1/credentials", Host=host, Authorization=token)
        assert status == expected


def test_aws_refusal_is_told_and_tried_again(handing: PorterdProcess, roles: Roles) -> None:
    """The reason quotes AWS without a secret; once the role is trusted, porterd has credentials."""
    roles.trust({"AWS": "arn:aws:iam::123456789012:role/Another"})
    try:
        handing.start()
        handing.until(lambda: "AccessDenied" in asked(handing)[1].get("message", ""), 20)
        status, answer = asked(handing)
        assert (status, answer["code"]) == (502, "NoCredentials")
        assert answer["message"].startswith(f"{roles.service}: An error occurred (AccessDenied)")
        assert "is not authorized to perform: sts:AssumeRole" in answer["message"]
    finally:
        roles.trust({"AWS": roles.host})
    given(handing)


def test_a_restart_of_porterd_does_not_change_tokens(handing: PorterdProcess) -> None:
    handing.start()
    before = given(handing)
    os.kill(handing.worker, signal.SIGKILL)
    handing.stop()
    handing.start()
    assert given(handing)["AccessKeyId"] != before["AccessKeyId"]


def test_no_secret_is_logged_or_in_a_command_line(handing: PorterdProcess) -> None:
    handing.start()
    mail = given(handing)
    for secret in (
        mail["SecretAccessKey"],
        mail["Token"],
        KEY.decode(),
        workload_token(KEY, "mail"),
    ):
        assert secret not in handing.log
    said = [line for line in handing.log.splitlines() if "assumed" in line]
    assert said
    assert said[0].endswith(f"assumed {mail['RoleArn']} for mail, sms")
