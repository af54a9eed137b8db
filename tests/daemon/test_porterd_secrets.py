"""A real porterd gives each program its own secrets, fresh from the embedded AWS."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from porter.aws.clock import now
from porter.daemon.events import Events
from porter.daemon.values import Value, Values
from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.fleet.credentials import RoleCredentials
from porter.spec import HostSpec, Job, Porterd, ProcessWorkload, Secret, dumps, workload_token
from tests.daemon.crowd import connect
from tests.daemon.handing import KEY, profile
from tests.daemon.loopback import INSTANCE_ID, Imds
from tests.daemon.porterd_process import PorterdProcess
from tests.daemon.roles import Roles
from tests.harness.slowness import slowness

PASSWORD = Secret(store="secretsmanager", id="hello/password")
FLAG = Secret(store="ssm", id="/hello/flag")
GONE = Secret(store="secretsmanager", id="hello/gone")


@pytest.fixture(scope="module")
def roles(emulator: Emulator) -> Roles:
    aws = clients(Environment(region="eu-west-1"), emulator.endpoint)
    aws["secretsmanager"].create_secret(Name="hello/password", SecretString="first-password")
    aws["ssm"].put_parameter(Name="/hello/flag", Value="on", Type="String")
    roles = Roles(aws)
    actions = ["secretsmanager:GetSecretValue", "ssm:GetParameter"]
    allowed = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws["iam"].put_role_policy(RoleName="Host", PolicyName="secrets", PolicyDocument=document)
    return roles


@pytest.fixture
def giving(porterd: PorterdProcess, emulator: Emulator, roles: Roles, imds: Imds) -> PorterdProcess:
    """Porterd on a host whose worker and job have secrets, which the apply read."""
    profile(imds, RoleCredentials(roles.aws, roles.host, INSTANCE_ID)())
    porterd.environment["AWS_ENDPOINT_URL"] = emulator.endpoint
    secrets = {"PASSWORD": PASSWORD, "FLAG": FLAG}
    mail = ProcessWorkload(
        name="mail", command=("true",), secrets=secrets, secret_files={"GONE": GONE}
    )
    job = Job(
        name="nightly", command=("true",), schedule="*-*-* 03:00:00", secrets={"MINE": PASSWORD}
    )
    spec = HostSpec(
        schema=1,
        service="hello",
        timeout_seconds=60,
        workloads=(mail,),
        porterd=Porterd(port=porterd.port),
        service_role=roles.service,
        jobs=(job,),
        lease_table="leases",
    )
    held = {
        "mail": {"PASSWORD": "first-password", "FLAG": "on", "GONE": "kept"},
        "job-nightly": {"MINE": "first-password"},
    }
    folder = porterd.folders["credentials"]
    (folder / "host.json").write_text(dumps(spec))
    (folder / "secrets.json").write_text(json.dumps(held))
    (folder / "credentials.key").write_bytes(KEY)
    porterd.start()
    return porterd


SPELLINGS = ("secrets", "%73ecrets")


@pytest.fixture
def waiting(giving: PorterdProcess) -> Iterator[PorterdProcess]:
    """Like `giving`, with an AWS that takes connections and answers none."""
    giving.stop()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        giving.environment["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{server.getsockname()[1]}"
        giving.start()
        yield giving
        giving.sweep()


def asked(porterd: PorterdProcess, path: str, program: str = "mail") -> tuple[int, Any]:
    """Return porterd's answer to `program`."""
    token = workload_token(KEY, program)
    status, headers, body = porterd.exchange("GET", f"/v1/{path}", Authorization=token)
    assert status != 200 or headers["Cache-Control"] == "no-store"
    return status, json.loads(body)


def test_a_program_gets_what_is_declared_for_it_and_nothing_else(giving: PorterdProcess) -> None:
    status, told = asked(giving, "parameters/FLAG?max_age=86400")
    assert (status, told["name"], told["value"], told["problem"]) == (200, "FLAG", "on", "")
    assert asked(giving, "secrets/MINE", "job-nightly")[1]["value"] == "first-password"
    for path, program in (
        ("secrets/MINE", "mail"),
        ("secrets/PASSWORD", "job-nightly"),
        ("secrets/NONE", "mail"),
        ("secrets/FLAG", "mail"),
        ("parameters/PASSWORD", "mail"),
    ):
        status, told = asked(giving, path, program)
        assert (status, told["code"]) == (404, "NotDeclared"), path
    assert giving.exchange("GET", "/v1/secrets/PASSWORD")[0] == 401
    assert giving.exchange("GET", "/v1/secrets/PASSWORD", Authorization="x")[0] == 403
    assert "GET /v1/parameters/FLAG" in asked(giving, "secrets/FLAG")[1]["message"]
    assert asked(giving, "secrets/PASSWORD?max_age=x")[0] == 400


def test_a_rotated_secret_is_read_again_and_announced_and_redacted(
    giving: PorterdProcess, roles: Roles
) -> None:
    sessions = roles.aws["secretsmanager"]
    before = asked(giving, "secrets/PASSWORD")[1]
    assert before["value"] == "first-password"
    assert before["read_at"] is not None
    sessions.put_secret_value(SecretId="hello/password", SecretString="second-password")
    try:
        early = asked(giving, "secrets/PASSWORD?max_age=0")[1]
        assert early == before, "AWS is asked at most every 10 s"
        assert asked(giving, "secrets/MINE?max_age=0", "job-nightly")[1]["value"] == (
            "second-password"
        )
        giving.until(
            lambda: asked(giving, "secrets/PASSWORD?max_age=0")[1]["value"] == "second-password"
        )
        assert asked(giving, "secrets/PASSWORD")[1]["value"] == "second-password"
        told = giving.get("/v1/events?kind=secrets-rotated")[1]["events"]
        assert [(one["program"], one["names"]) for one in told] == [
            ("job-nightly", ["MINE"]),
            ("mail", ["PASSWORD"]),
        ]
        assert "second-password" not in giving.log
    finally:
        sessions.put_secret_value(SecretId="hello/password", SecretString="first-password")


def test_a_value_that_porterd_read_outlives_its_crash(giving: PorterdProcess, roles: Roles) -> None:
    """It is given, redacted, and not announced again: not by the next apply, either."""
    sessions = roles.aws["secretsmanager"]

    def rotations() -> list[list[str]]:
        told = giving.get("/v1/events?kind=secrets-rotated")[1]["events"]
        return [one["names"] for one in told]

    def again(*, password: str) -> None:
        """Kill porterd; start it as after an apply that fetched `password`."""
        giving.sweep()
        file = giving.folders["credentials"] / "secrets.json"
        held = json.loads(file.read_text())
        held["mail"]["PASSWORD"] = password
        file.write_text(json.dumps(held))
        giving.start()

    sessions.put_secret_value(SecretId="hello/password", SecretString="second-password")
    try:
        giving.until(lambda: asked(giving, "secrets/PASSWORD")[1]["value"] == "second-password")
        read = asked(giving, "secrets/PASSWORD?max_age=86400")[1]
        assert rotations() == [["PASSWORD"]]
        file = giving.folders["runtime"] / "read.json"
        assert file.stat().st_mode & 0o777 == 0o600
        again(password="first-password")  # noqa: S106 - the test's own
        assert asked(giving, "secrets/PASSWORD?max_age=86400")[1] == read
        assert rotations() == [["PASSWORD"]]
        body = json.dumps({"reason": "no login with second-password"}).encode()
        token = workload_token(KEY, "mail")
        assert giving.exchange("POST", "/v1/fail", body, Authorization=token)[0] == 202
        giving.until(lambda: "no login with" in json.dumps(giving.service()))
        assert "second-password" not in json.dumps(giving.service())
        again(password="second-password")  # noqa: S106
        assert asked(giving, "secrets/PASSWORD?max_age=86400")[1]["value"] == "second-password"
        again(password="third-password")  # noqa: S106
        assert rotations() == [["PASSWORD"], ["PASSWORD"]]
        again(password="third-password")  # noqa: S106
        assert rotations() == [["PASSWORD"], ["PASSWORD"]]
    finally:
        sessions.put_secret_value(SecretId="hello/password", SecretString="first-password")


@pytest.mark.parametrize("content", ["{", "1", "[1]", '[{"owner": "mail"}]', '{"a": 1}'])
def test_a_spoilt_file_of_values_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "read.json").write_text(content)
    held = {"mail": {"PASSWORD": "x"}}
    values = Values({"mail": {"PASSWORD": PASSWORD}}, held, "eu", Events(tmp_path), str)
    assert values.open(tmp_path) == {}
    assert values.texts == held


def test_the_last_value_is_given_while_aws_refuses(giving: PorterdProcess) -> None:
    status, told = asked(giving, "secrets/GONE")
    assert (status, told["value"], told["read_at"]) == (200, "kept", None)
    assert "cannot read the secret 'hello/gone': ResourceNotFoundException" in told["problem"]


def test_programs_whose_secrets_wait_for_aws_delay_no_other_request(
    waiting: PorterdProcess,
) -> None:
    """All requests are of one user here: its share would be taken by five that wait."""
    with ExitStack() as clients:
        connect(waiting, clients, *map(request, ("mail", "job-nightly") * 4, SPELLINGS * 4))
        time.sleep(1)
        for path in ("/aws/region", "/v1/service", "/metrics"):
            began = time.monotonic()
            assert waiting.get(path)[0] == 200
            assert time.monotonic() - began < 1 * slowness(), path


def request(program: str, spelling: str = "secrets") -> bytes:
    """Return the request of `program` for a secret that porterd has to read."""
    name = "PASSWORD" if program == "mail" else "MINE"
    head = f"GET /v1/{spelling}/{name}?max_age=0 HTTP/1.1\r\nHost: localhost\r\n"
    return f"{head}Authorization: {workload_token(KEY, program)}\r\n\r\n".encode()


def test_a_program_that_waits_for_its_own_read_gets_the_last_value_soon(
    waiting: PorterdProcess,
) -> None:
    with ExitStack() as clients:
        connect(waiting, clients, request("mail"))
        time.sleep(1)
        began = time.monotonic()
        status, told = asked(waiting, "parameters/FLAG?max_age=0")
        assert (status, told["value"], told["read_at"]) == (200, "on", None)
        assert told["problem"] == "porterd is reading a secret of mail; ask again"
        assert time.monotonic() - began < 5 * slowness()


def test_a_program_that_keeps_aws_busy_delays_no_other_program(tmp_path: Path) -> None:
    """One program's lock is held, as while its child process waits for AWS."""
    secrets = {"mail": {"PASSWORD": PASSWORD, "FLAG": FLAG}, "sms": {"PASSWORD": PASSWORD}}
    held = {name: dict.fromkeys(names, "x") for name, names in secrets.items()}
    values = Values(secrets, held, "eu-west-1", Events(tmp_path), str)
    values._asked["sms", "PASSWORD"] = time.monotonic()
    values._values["mail", "FLAG"] = Value(text="x", read_at=now())
    with values._locks["mail"]:
        assert values.of("sms", "PASSWORD", 0).text == "x"
        assert values.of("mail", "PASSWORD", 0).problem
        assert not values.of("mail", "FLAG", 60).problem, "it is young enough"
