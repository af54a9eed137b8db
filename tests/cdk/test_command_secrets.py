"""Secrets from a command: run at synthesis, encrypted with a data key, granted to the hosts."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms

from porter import spec
from porter.aws.secrets import Patience, read_secret
from porter.rehearsal.cloud.emulator import Emulator
from porter.spec import Deployment, HostSpec, SpecError, loads, resolve
from porter_cdk import PorterService, Process, Secret, Tls
from porter_cdk.command import printed
from tests.cdk.conftest import deployed_hosts, template_of, unpacked

VALUE = "pass word's $ecret é"
KEY = "alias/hello"


def prints(text: str, code: int = 0) -> list[str]:
    program = "import sys; sys.stdout.buffer.write(sys.argv[1].encode('utf-8', 'surrogateescape'))"
    return [sys.executable, "-c", f"{program}; sys.exit({code})", text]


@pytest.fixture(autouse=True)
def _account(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let synthesis use KMS, in a folder without context."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "123456789012")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("CDK_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("CDK_OUTDIR", raising=False)
    monkeypatch.delenv("CDK_DEFAULT_ACCOUNT", raising=False)
    monkeypatch.chdir(tmp_path)


def service(source: Path, app: cdk.App | None = None, **secrets: Secret) -> cdk.Stack:
    stack = cdk.Stack(app or cdk.App(), "Hello")
    run = Process(["python3", "main.py"], source=source, port=8000, secrets=secrets)
    PorterService(stack, "Service", run=run)
    return stack


def host_json(stack: cdk.Stack) -> tuple[HostSpec, bytes]:
    """Return the specification of the only host, and the bytes of its payload and user data."""
    [host] = deployed_hosts(stack)
    deployment = loads(Deployment, host.deployment_json())
    files = unpacked(host.fetch(deployment.payload))
    everything = b"".join(files.values()) + host.user_data.encode()
    return resolve(loads(HostSpec, files["host.json"]), deployment), everything


def opened(secret: spec.Secret) -> str:
    """Return the value as a host reads it (a booted test shows that its role may)."""
    return read_secret(secret, "us-east-1", Patience(0))


def decrypts(stack: cdk.Stack) -> dict[str, list[Any]]:
    """Return role to the resources that it may decrypt, and the condition."""
    found: dict[str, list[Any]] = {}
    for resource in template_of(stack)["Resources"].values():
        if resource["Type"] == "AWS::IAM::Policy":
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                if "kms:Decrypt" in statement["Action"]:
                    [role] = resource["Properties"]["Roles"]
                    pair = statement["Resource"], statement.get("Condition")
                    found.setdefault(role["Ref"], []).append(pair)
    return found


def test_only_ciphertext_leaves_and_the_hosts_role_may_open_it(source: Path) -> None:
    secrets = {
        "TOKEN": Secret.from_command(prints(f"{VALUE}\n"), key=KEY),
        "PORT_": Secret.from_command(prints('{"port": 5432}'), key=KEY, field="port"),
        "KEY": Secret.from_command(prints("a\nb\n\n"), key=KEY, file=True),
    }
    stack = service(source, **secrets)
    host, everything = host_json(stack)
    [web] = host.workloads
    assert isinstance(web, spec.ProcessWorkload)
    assert {name: opened(secret) for name, secret in web.secrets.items()} == {
        "TOKEN": VALUE,
        "PORT_": "5432",
    }
    assert {name: opened(secret) for name, secret in web.secret_files.items()} == {"KEY": "a\nb\n"}
    for gone in (VALUE, "$ecret", "5432"):
        assert gone.encode() not in everything
        assert gone not in json.dumps(template_of(stack))
    encrypted = web.secrets["TOKEN"].encrypted
    assert encrypted
    [(role, statements)] = decrypts(stack).items()
    assert role.startswith("ServiceHostRole")
    only = {"StringEquals": {"kms:EncryptionContext:porter:stack": "Hello"}}
    assert statements == [(encrypted.key, only)]


def test_a_tls_certificate_may_come_from_a_command(source: Path) -> None:
    """HAProxy's certificate is encrypted under the name of its place."""
    stack = cdk.Stack(cdk.App(), "Hello")
    run = Process(["python3", "main.py"], source=source, port=8000)
    tls = Tls(certificate=Secret.from_command(prints("PEM"), key=KEY))
    PorterService(stack, "Service", run=run, tls=tls)
    host, _ = host_json(stack)
    assert host.proxy
    assert host.proxy.tls
    assert host.proxy.tls.certificate.id == "certificate"
    assert opened(host.proxy.tls.certificate) == "PEM"


def test_a_command_runs_once_and_an_app_has_one_data_key(source: Path, tmp_path: Path) -> None:
    script = "import sys; open(sys.argv[1], 'a').write('x'); print('y' * 9)"
    once = Secret.from_command([sys.executable, "-c", script, str(tmp_path / "runs")], key=KEY)
    stack = service(source, A=once, B=once, C=Secret.from_command(prints("other"), key=KEY))
    host, _ = host_json(stack)
    assert (tmp_path / "runs").read_text() == "x"
    found = [secret.encrypted for secret in host.workloads[0].secrets.values()]
    assert len({one.data_key for one in found if one}) == 1
    assert len({one.ciphertext for one in found if one}) == 3
    assert not (tmp_path / "cdk.context.json").exists(), "no cdk runs this app"


def test_a_key_may_be_a_construct_that_knows_its_arn(source: Path) -> None:
    stack = cdk.Stack(cdk.App(), "Hello")
    arn = "arn:aws:kms:eu-west-1:123456789012:key/0b1c"
    key = kms.Key.from_key_arn(stack, "Key", arn)
    secret = Secret.from_command(prints(VALUE), key=key)
    run = Process(["python3", "main.py"], source=source, port=8000, secrets={"TOKEN": secret})
    PorterService(stack, "Service", run=run)
    host, _ = host_json(stack)
    assert opened(host.workloads[0].secrets["TOKEN"]) == VALUE


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (prints("s3cret", code=3), "failed: exit code 3"),
        (prints(""), "printed nothing"),
        (prints("\n"), "printed nothing"),
        (prints("\udcff s3cret"), "printed bytes that are not UTF-8"),
        (["/no/such/vault"], "cannot run '/no/such/vault': No such file or directory"),
        ([sys.executable, "-c", "print('s3cret' * 20000)"], "printed more than 65536 bytes"),
        ([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], "failed: signal 9"),
    ],
)
def test_an_error_names_the_command_and_never_its_output(
    source: Path, command: list[str], told: str
) -> None:
    with pytest.raises(SpecError) as error:
        service(source, TOKEN=Secret.from_command(command, key=KEY))
    assert error.value.where == "secrets/TOKEN/command"
    assert told in error.value.what
    assert "s3cret" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__ or error.value.__context__ is None


def test_a_missing_field_is_named(source: Path) -> None:
    secret = Secret.from_command(prints('{"a": "s3cret"}'), key=KEY, field="b")
    with pytest.raises(SpecError, match="has no field 'b'") as error:
        service(source, TOKEN=secret)
    assert "s3cret" not in str(error.value)


def test_a_field_that_is_half_of_a_character_is_refused(source: Path) -> None:
    """No host could write the value into a file."""
    secret = Secret.from_command(prints('{"a": "s3cret\\ud800"}'), key=KEY, field="a")
    with pytest.raises(SpecError, match="field 'a' must be a string") as error:
        service(source, TOKEN=secret)
    assert "s3cret" not in str(error.value)


def test_a_command_that_hangs_is_killed_with_its_children() -> None:
    """The child of the command holds the pipe open too."""
    with pytest.raises(SpecError, match=r"'sh' did not exit within 0\.5 s"):
        printed(["sh", "-c", "sleep 60 & exec sleep 60"], 0.5)
    with pytest.raises(SpecError, match=r"'sh' did not exit within 0\.5 s"):
        printed(["sh", "-c", "exec >&-; sleep 60"], 0.5)


@pytest.mark.parametrize(
    ("make", "where", "what"),
    [
        (lambda _: Secret.from_command("vault read", key=KEY), "command", "must be a list"),
        (lambda _: Secret.from_command([], key=KEY), "command", "must be a list"),
        (lambda _: Secret.from_command(["a\0b"], key=KEY), "command", "must be a list"),
        (
            lambda stack: Secret.from_command(["echo", stack.region], key=KEY),
            "command",
            "must be a list of strings without CDK tokens",
        ),
        (lambda _: Secret.from_command(["a"], key="hello"), "key", "the ARN or the alias"),
        (lambda _: Secret.from_command(["a"], key=3), "key", "the ARN or the alias"),  # type: ignore[arg-type]
        (
            lambda stack: Secret.from_command(["a"], key=kms.Key(stack, "Key")),
            "key",
            "is a CDK token, and synthesis needs the key's name",
        ),
    ],
)
def test_a_command_or_key_unknown_at_synthesis_is_refused(
    stack: cdk.Stack, make: Any, where: str, what: str
) -> None:
    with pytest.raises(SpecError, match=what) as error:
        make(stack)
    assert error.value.where == where


def test_without_credentials_the_error_says_how_to_give_them(
    source: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(SpecError, match="'alias/hello': NoCredentialsError") as error:
        service(source, TOKEN=Secret.from_command(prints(VALUE), key=KEY))
    assert "set AWS_PROFILE" in error.value.cure
    assert error.value.where == "secrets/TOKEN/key"


def test_a_kept_data_key_that_does_not_open_is_named_with_its_cure(source: Path) -> None:
    """The data key may be another stack's or another KMS key's, or damaged."""
    secret = Secret.from_command(prints(VALUE), key="alias/kept")
    service(source, TOKEN=secret)
    place = "account=:region=eu-west-1:stack=Hello:key=alias/kept"
    blob = base64.b64encode(b"x" * 120).decode()
    for kept, told in ((blob, "InvalidCiphertextException"), ("?", "is not Base64")):
        app = cdk.App(context={f"porter:data-key:{place}": kept})
        with pytest.raises(SpecError, match=told) as error:
            service(source, app, TOKEN=secret)
        assert "delete it from cdk.context.json" in error.value.cure
