"""The codec is strict in both directions, and its errors name the place."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from porter.spec import (
    AssetLocation,
    Deployment,
    DeployTime,
    Encrypted,
    HealthCheck,
    HostSpec,
    Job,
    ProcessWorkload,
    Proxy,
    Secret,
    SetupStep,
    SpecError,
    decode,
    dumps,
    loads,
    map_ports,
    ports_of,
    resolve,
)

ENCRYPTED = Encrypted(ciphertext="YQ==", data_key="Yg==", key="arn:key", stack="Hello")
SPEC = HostSpec(
    schema=1,
    service="hello",
    timeout_seconds=900,
    workloads=(
        ProcessWorkload(
            name="web",
            command=("python3", "main.py", DeployTime(index=1)),
            port=8000,
            environment={"TABLE": DeployTime(index=0), "MODE": "fast"},
            secrets={"KEY": Secret(store="ssm", id=DeployTime(index=0))},
            secret_files={"PEM": Secret(store="command", id="PEM", encrypted=ENCRYPTED)},
        ),
    ),
    health_check=HealthCheck("/health"),
    proxy=Proxy(workload="web"),
    setup=(
        SetupStep(
            name="agent",
            command=("./install.sh", DeployTime(index=1)),
            timeout_seconds=300,
            environment={"KEY": DeployTime(index=0)},
        ),
    ),
    environment_name="prod",
    jobs=(
        Job(
            name="report",
            command=("./report", DeployTime(index=1)),
            schedule="Mon..Fri 08:30",
            time_zone="Europe/Berlin",
            timeout_seconds=60,
            missed="run",
        ),
    ),
    lease_table=DeployTime(index=0),
    service_role=DeployTime(index=2),
)
WIRE = (
    '{"cloudwatch":null,"environment_name":"prod","health_check":{"codes":"200","healthy_threshold":3,'
    '"host":"","interval_seconds":1.0,"path":"/health","start_seconds":180.0,"timeout_seconds":3.0,"unhealthy_seconds":30.0},"jobs":[{"command":["./report",{"index":1}],"environment":{},"missed":"run",'
    '"name":"report","schedule":"Mon..Fri 08:30","secret_files":{},"secrets":{},'
    '"time_zone":"Europe/Berlin",'
    '"timeout_seconds":60}],"lease_table":{"index":0},'
    '"porterd":{"port":3001},"proxy":{"drain_seconds":30,'
    '"http":{"capture_request_headers":[],"capture_response_headers":[],"compression":[],'
    '"deny_paths":[],"deny_sources":[],"http2":true,"max_body_bytes":null,'
    '"redirect_to_https":false,"timeouts":{"client":75.0,"connect":2.0,"http_request":10.0,'
    '"keep_alive":75.0,"server":75.0,"tunnel":3600.0}},'
    '"port":80,"redirect_port":null,"slot":"a","tls":null,'
    '"workload":"web"},"python":"","schema":1,"security_updates":true,'
    '"service":"hello","service_role":{"index":2},"setup":[{"command":["./install.sh",{"index":1}],"environment":{"KEY":'
    '{"index":0}},"name":"agent","timeout_seconds":300}],"spare_hosts":false,"splunk":null,"timeout_seconds":900,'
    '"workloads":[{"check":null,"command":["python3","main.py",{"index":1}],"environment":{"MODE":"fast","TABLE":{"index":0}},"kind":"process","name":"web","port":8000,'
    '"secret_files":{"PEM":{"encrypted":{"ciphertext":"YQ==","data_key":"Yg==","key":"arn:key",'
    '"stack":"Hello"},"field":"","id":"PEM","store":"command","version":""}},'
    '"secrets":{"KEY":{"encrypted":null,"field":"","id":{"index":0},"store":"ssm","version":""}},'
    '"state":false}]}'
)
LOCATION = AssetLocation(bucket="assets", key="a.tar.xz", sha256="ab" * 32)
DEPLOYMENT = Deployment(
    schema=1,
    region="eu-west-1",
    stack_id="arn:aws:cloudformation:eu-west-1:111122223333:stack/Hello/1",
    handle_url="https://example.com/%7Ehandle?X-Amz-Expires=86399",
    bundle=LOCATION,
    payload=LOCATION,
    values=("b3JkZXJzICJhIg==", "w7xiZXI=", "YXJuOnJvbGU="),
)


def changed(path: str, value: object) -> Any:
    """Return the wire form of SPEC with `value` at `path`; `...` removes it."""
    data = json.loads(WIRE)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place = data
    for part in parents:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return data


def test_the_wire_form_is_canonical() -> None:
    """Equal specifications have equal bytes; the order of the environment does not matter."""
    assert dumps(SPEC) == WIRE
    assert loads(HostSpec, WIRE) == SPEC


def test_a_deployment_survives_the_round_trip() -> None:
    """Values from CloudFormation arrive unchanged."""
    assert loads(Deployment, dumps(DEPLOYMENT)) == DEPLOYMENT


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("workloads/0/port", 99999, "workloads/0/port: must be 1-65535, got 99999"),
        (
            "workloads/0/port",
            "8000",
            "workloads/0/port: must be a whole number or null, got '8000'",
        ),
        (
            "workloads/0/port",
            8000.0,
            "workloads/0/port: must be a whole number or null, got 8000.0",
        ),
        ("workloads/0/port", ..., "workloads/0/port: is needed behind the proxy"),
        ("workloads/0/name", ..., "workloads/0/name: is missing"),
        (
            "workloads/0/kind",
            "thread",
            "workloads/0/kind: must be 'process' or 'container', got 'thread'",
        ),
        ("workloads/0/prot", 1, "workloads/0/prot: ProcessWorkload has no such field"),
        ("workloads/0/command/2", 7, "workloads/0/command/2: must be a string or an object"),
        ("workloads/0/command/2/index", -1, "workloads/0/command/2/index: must be 0-999, got -1"),
        ("workloads/0/environment/MODE", None, "workloads/0/environment/MODE: must be a string"),
        ("porterd", [], "porterd: must be an object (Porterd), got []"),
        ("workloads", {}, "workloads: must be a list, got {}"),
        ("setup/0/command", ..., "setup/0/command: is missing"),
        ("setup/0/timeout_seconds", 0, "setup/0/timeout_seconds: must be 1-3600, got 0"),
        ("health_check", "/health", "health_check: must be an object (HealthCheck) or null"),
        ("service", 5, "service: must be a string, got 5"),
        ("schema", 2, "schema: is version 2, this porter speaks version 1"),
        ("schema", "1", "schema: must be a whole number, got '1'"),
    ],
)
def test_a_fault_is_named_with_its_path(path: str, value: object, message: str) -> None:
    """The error begins with the path of the fault."""
    with pytest.raises(SpecError) as refusal:
        decode(HostSpec, changed(path, value))
    assert str(refusal.value).startswith(message)


def test_another_schema_is_named_before_its_unknown_fields() -> None:
    """A newer document is reported as newer, not as misspelt."""
    data = changed("schema", 2) | {"containers": []}
    with pytest.raises(SpecError, match="synthesize again"):
        decode(HostSpec, data)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, b"\xff\xfe\xfd"])
def test_what_is_not_json_is_refused(text: str | bytes) -> None:
    """Broken input raises SpecError, never an error of the JSON parser."""
    with pytest.raises(SpecError, match="is not JSON"):
        loads(HostSpec, text)


def test_missing_fields_take_their_defaults() -> None:
    """Fields with a default may be absent."""
    assert decode(HostSpec, changed("porterd", ...)) == SPEC


def test_a_whole_number_of_seconds_is_a_number_of_seconds() -> None:
    decoded = decode(HostSpec, changed("health_check/interval_seconds", 2))
    assert decoded.health_check == HealthCheck("/health", interval_seconds=2.0)
    assert dumps(decoded) == json.dumps(
        changed("health_check/interval_seconds", 2.0), sort_keys=True, separators=(",", ":")
    )


def test_deploy_time_values_are_filled_in() -> None:
    """Values reach environment and arguments unchanged, with quotes and umlauts."""
    resolved = resolve(SPEC, DEPLOYMENT)
    (workload,), (step,) = resolved.workloads, resolved.setup
    assert workload.environment == {"TABLE": 'orders "a"', "MODE": "fast"}
    assert workload.command == ("python3", "main.py", "über")
    assert step.environment == {"KEY": 'orders "a"'}
    assert step.command == ("./install.sh", "über")


def test_a_value_that_was_not_sent_is_an_error() -> None:
    """The host refuses a payload that refers to a value outside the user data."""
    only_one = decode(Deployment, json.loads(dumps(DEPLOYMENT)) | {"values": ["YQ=="]})
    with pytest.raises(SpecError, match="value 1 is missing, got 1 values"):
        resolve(SPEC, only_one)


def test_ports_move_only_where_they_are_told_to() -> None:
    """The mapping applies to proxy, porterd and workloads; other ports stay."""
    moved = map_ports(SPEC, {80: 8080, 8000: 18000})
    assert ports_of(SPEC) == (80, 3001, 8000)
    assert ports_of(moved) == (8080, 3001, 18000)


@pytest.mark.parametrize(
    ("secret", "where"),
    [
        (lambda: Secret(store="command", id="PEM"), "encrypted"),
        (lambda: Secret(store="ssm", id="PEM", encrypted=ENCRYPTED), "encrypted"),
        (lambda: replace(ENCRYPTED, ciphertext="?"), "ciphertext"),
        (lambda: replace(ENCRYPTED, data_key=""), "data_key"),
        (lambda: replace(ENCRYPTED, stack=""), "stack"),
    ],
)
def test_a_value_is_encrypted_where_a_command_printed_it_and_nowhere_else(
    secret: Callable[[], object], where: str
) -> None:
    with pytest.raises(SpecError) as error:
        secret()
    assert error.value.where == where


@pytest.mark.parametrize("kind", [HostSpec, Deployment])
def test_a_specification_without_its_version_is_refused(kind: type) -> None:
    with pytest.raises(SpecError) as error:
        decode(kind, {})
    assert str(error.value) == "schema: is missing"
