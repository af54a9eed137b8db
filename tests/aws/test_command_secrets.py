"""A host opens the output of a command only with its stack's role, and only under its name."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from porter.aws.clients import Clients
from porter.aws.data_key import new_data_key, open_data_key
from porter.aws.secrets import Patience, read_secret
from porter.errors import PorterError
from porter.host.secrets.files import Held
from porter.host.secrets.vault import fetched
from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from porter.spec import Encrypted, Secret

REGION = "eu-west-1"
VALUE = "s3cret of Vault's\nin two lines"


@dataclass(frozen=True)
class Account:
    """An account with a KMS key, and a role that may decrypt values of the stack Hello."""

    aws: Clients
    key: str

    def encrypted(self, *, stack: str = "Hello", name: str = "TOKEN") -> Secret:
        made = new_data_key(self.aws["kms"], self.key, stack)
        text = AESSIV(made.plain).encrypt(VALUE.encode(), [name.encode()])
        value = Encrypted(
            ciphertext=base64.b64encode(text).decode(),
            data_key=base64.b64encode(made.encrypted).decode(),
            key=made.key,
            stack=stack,
        )
        return Secret(store="command", id=name, encrypted=value)


def policy(**statement: Any) -> str:
    effect = {"Effect": "Allow", **statement}
    return json.dumps({"Version": "2012-10-17", "Statement": [effect]})


@pytest.fixture(scope="module")
def account(emulator: Emulator) -> Account:
    """The key is in another region than the hosts; its ARN names the region."""
    aws = clients(Environment(region=REGION), emulator.endpoint)
    key = aws["kms"].create_key()["KeyMetadata"]["Arn"]
    return Account(aws, key)


@pytest.fixture(autouse=True)
def _host(account: Account, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Return the environment of a host of the stack Hello."""
    iam, only = account.aws["iam"], {"kms:EncryptionContext:porter:stack": "Hello"}
    trust = policy(Principal={"AWS": "*"}, Action="sts:AssumeRole")
    role = iam.create_role(RoleName="host", AssumeRolePolicyDocument=trust)["Role"]
    may = policy(Action="kms:Decrypt", Resource=account.key, Condition={"StringEquals": only})
    iam.put_role_policy(RoleName="host", PolicyName="may", PolicyDocument=may)
    answer = account.aws["sts"].assume_role(RoleArn=role["Arn"], RoleSessionName="i-0")
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", answer["Credentials"]["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", answer["Credentials"]["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", answer["Credentials"]["SessionToken"])
    yield
    iam.delete_role_policy(RoleName="host", PolicyName="may")
    iam.delete_role(RoleName="host")


def read(secret: Secret) -> str:
    return read_secret(secret, "us-east-1", Patience(0.0))


def held(secret: Secret, name: str) -> Held:
    """Return `secret` as a program's variable `name`."""
    return Held("web", name, f"workloads/0/secrets/{name}", secret)


def test_the_hosts_role_opens_it(account: Account) -> None:
    assert read(account.encrypted()) == VALUE
    secret = account.encrypted()
    assert fetched([held(secret, "TOKEN")], "us-east-1") == {secret: VALUE}


def test_another_stacks_is_refused(account: Account) -> None:
    with pytest.raises(PorterError, match="the command's output 'TOKEN': AccessDenied") as error:
        read(account.encrypted(stack="Other"))
    assert "does its KMS key or a policy keep the host's role out?" in str(error.value)


def test_a_data_key_of_another_stack_does_not_open_by_saying_so(account: Account) -> None:
    secret = account.encrypted(stack="Other")
    assert secret.encrypted
    lying = replace(secret, encrypted=replace(secret.encrypted, stack="Hello"))
    with pytest.raises(PorterError, match="the command's output 'TOKEN': InvalidCiphertext"):
        read(lying)


def test_what_was_changed_on_its_way_is_refused_by_its_name(account: Account) -> None:
    secret = account.encrypted()
    assert secret.encrypted
    text = bytearray(base64.b64decode(secret.encrypted.ciphertext))
    text[-1] ^= 1
    changed = replace(secret.encrypted, ciphertext=base64.b64encode(bytes(text)).decode())
    with pytest.raises(PorterError, match="'TOKEN' is not what was encrypted for this") as error:
        read(replace(secret, encrypted=changed))
    assert "s3cret" not in str(error.value)


def test_it_is_not_handed_over_under_another_name(account: Account) -> None:
    """The host refuses a value that was moved, even if its name was changed as well."""
    secret = account.encrypted()
    with pytest.raises(PorterError, match="was encrypted for 'TOKEN'") as error:
        fetched([held(secret, "GREETING")], "us-east-1")
    assert error.value.where == "workloads/0/secrets/GREETING"
    with pytest.raises(PorterError, match="'GREETING' is not what was encrypted for this name"):
        fetched([held(replace(secret, id="GREETING"), "GREETING")], "us-east-1")


def test_the_embedded_kms_makes_the_keys_that_an_app_names(account: Account) -> None:
    """The emulator accepts an alias or an ARN, also another account's, for data keys only."""
    kms = account.aws["kms"]
    foreign = f"arn:aws:kms:{REGION}:999988887777:key/0b1c"
    for name in ("alias/hello", foreign):
        with pytest.raises(ClientError, match="NotFoundException"):
            kms.describe_key(KeyId=name)
        made = new_data_key(kms, name, "Hello")
        assert open_data_key(kms, name, "Hello", made.encrypted) == made
        assert len(made.plain) == 64
    assert kms.list_aliases()["Aliases"] == []
    kms.create_alias(AliasName="alias/hello", TargetKeyId=account.key)
