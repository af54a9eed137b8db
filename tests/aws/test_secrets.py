"""A host reads a whole secret or one field, at the given version; an error names the secret."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from porter.aws.clients import Clients
from porter.aws.secrets import Patience, SecretError, read_secret
from porter.errors import PorterError
from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from porter.spec import Secret
from tests.harness.slowness import slowness

REGION = "us-east-1"
SHORTEST_ID = "0000-0000-0000-0000-000000000000"
LABELS = ("of-the-1st-of-may", "e" * 40)
"""Staging labels: with as many dashes as the id of a version, and with as many characters."""

ANYONE = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
MAY = {
    "Effect": "Allow",
    "Action": ["secretsmanager:GetSecretValue", "ssm:GetParameter"],
    "Resource": ["*:secret:db-*", "*:secret:binary-*", "*:parameter/app/*", "*:secret:gone-*"],
}


@pytest.fixture(scope="module")
def aws(emulator: Emulator) -> Clients:
    """The account that owns the secrets."""
    aws = clients(Environment(), emulator.endpoint)
    vault = aws["secretsmanager"]
    vault.create_secret(Name="db", SecretString='{"user": "ann", "port": 5432, "more": [1]}')
    vault.put_secret_value(
        SecretId="db",
        SecretString='{"user": "bob", "port": 5433, "more": []}',
        ClientRequestToken=SHORTEST_ID,
    )
    for label in LABELS:
        vault.update_secret_version_stage(
            SecretId="db", VersionStage=label, MoveToVersionId=SHORTEST_ID
        )
    vault.create_secret(Name="binary", SecretBinary=b"\xff\xfe")
    vault.create_secret(Name="other", SecretString="not for the host")
    for value in ("one", "two"):
        aws["ssm"].put_parameter(
            Name="/app/key", Value=value, Type="SecureString", Overwrite=value == "two"
        )
    return aws


@pytest.fixture
def _host(aws: Clients, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Return the environment of a host whose role may read some of them."""
    iam = aws["iam"]
    trust = json.dumps({"Version": "2012-10-17", "Statement": [ANYONE]})
    role = iam.create_role(RoleName="host", AssumeRolePolicyDocument=trust)["Role"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [MAY]})
    iam.put_role_policy(RoleName="host", PolicyName="may", PolicyDocument=policy)
    answer = aws["sts"].assume_role(RoleArn=role["Arn"], RoleSessionName="i-0")["Credentials"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", answer["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", answer["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", answer["SessionToken"])
    yield
    iam.delete_role_policy(RoleName="host", PolicyName="may")
    iam.delete_role(RoleName="host")


def read(patience: float = 0.0, **secret: str) -> str:
    return read_secret(Secret(**secret), REGION, Patience(patience))  # type: ignore[arg-type]


@pytest.mark.usefixtures("_host")
def test_a_secret_is_read_whole_in_part_and_as_it_was() -> None:
    vault = "secretsmanager"
    assert json.loads(read(store=vault, id="db"))["user"] == "bob"
    assert read(store=vault, id="db", field="user") == "bob"
    assert read(store=vault, id="db", field="port") == "5433"
    assert read(store=vault, id="db", field="user", version="AWSPREVIOUS") == "ann"
    for label in LABELS:
        assert read(store=vault, id="db", field="user", version=label) == "bob"


@pytest.mark.usefixtures("_host")
def test_a_secret_is_found_by_its_arn_and_by_the_id_of_a_version(aws: Clients) -> None:
    found = aws["secretsmanager"].describe_secret(SecretId="db")
    [first] = [v for v, stages in found["VersionIdsToStages"].items() if "AWSPREVIOUS" in stages]
    arn = found["ARN"]
    assert read(store="secretsmanager", id=arn, field="user") == "bob"
    assert read(store="secretsmanager", id=arn, field="user", version=first) == "ann"
    assert read(store="secretsmanager", id=arn, field="user", version=SHORTEST_ID) == "bob"


@pytest.mark.usefixtures("_host")
def test_a_parameter_is_decrypted_and_may_be_pinned() -> None:
    assert read(store="ssm", id="/app/key") == "two"
    assert read(store="ssm", id="/app/key", version="1") == "one"


@pytest.mark.usefixtures("_host")
@pytest.mark.parametrize(
    ("secret", "told"),
    [
        ({"store": "secretsmanager", "id": "gone-1"}, "cannot read the secret 'gone-1': Resource"),
        ({"store": "ssm", "id": "/app/gone"}, "parameter '/app/gone': ParameterNotFound"),
        ({"store": "secretsmanager", "id": "other"}, "secret 'other': AccessDenied"),
        ({"store": "secretsmanager", "id": "binary"}, "'binary' is not text"),
        ({"store": "secretsmanager", "id": "db", "field": "User"}, "'db' has no field 'User'"),
        pytest.param(
            {"store": "secretsmanager", "id": "db", "field": "more"},
            "field 'more' must be a string",
            id="secret5-its field 'more' is no text",
        ),
        ({"store": "ssm", "id": "/app/key", "version": "9"}, "'/app/key' version 9: Parameter"),
    ],
)
def test_a_refusal_names_the_secret_and_the_reason_and_no_value(
    secret: dict[str, str], told: str
) -> None:
    with pytest.raises(PorterError) as error:
        read(**secret)
    assert told in str(error.value)
    assert "bob" not in str(error.value)


@pytest.mark.usefixtures("_host")
def test_a_role_whose_permissions_arrive_late_is_waited_for(
    aws: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    """IAM is eventually consistent: AWS may refuse a role's first calls."""
    began = time.monotonic()
    with pytest.raises(SecretError, match="AccessDenied"):
        read(2 * slowness(), store="secretsmanager", id="other")
    assert time.monotonic() - began > 0.5
    assert "secret 'other': AccessDeniedException; again in" in caplog.text
    aws["secretsmanager"].delete_secret(SecretId="other", ForceDeleteWithoutRecovery=True)


def test_the_wait_begins_with_the_first_refusal_and_is_one_for_all() -> None:
    """The wait after a refusal is as long even if other secrets take time."""
    patience = Patience(0.2)
    time.sleep(0.3)  # secrets that the host may read
    assert patience.allows(0.05, time.monotonic())
    time.sleep(0.2)
    assert not patience.allows(0.05, time.monotonic())


def test_without_credentials_the_reason_is_told(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(SecretError, match="cannot read the secret 'db': NoCredentialsError"):
        read(store="secretsmanager", id="db")
