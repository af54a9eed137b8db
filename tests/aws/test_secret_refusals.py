"""Which of AWS's refusals a host retries, and what the error says to the user."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from porter.aws.secrets import Patience, SecretError, read_secret
from porter.errors import HostFaultError
from porter.spec import Secret
from tests.daemon.loopback import Handler, Server, running
from tests.harness.free_port import free_port

REGION = "us-east-1"
SECRET = Secret(store="secretsmanager", id="db")
LASTING = (
    *("DecryptionFailure", "InvalidParameterException", "InvalidRequestException"),
    *("ResourceNotFoundException", "ParameterNotFound", "ParameterVersionNotFound"),
    *("DisabledException", "IncorrectKeyException", "InvalidCiphertextException"),
    *("KMSInvalidStateException", "NotFoundException", "ValidationException"),
)
"""Errors of GetSecretValue, GetParameter and Decrypt that only a person can end.

Sources: their pages in the API references of Secrets Manager, Systems Manager and KMS.
"""
ABSENT = ("ResourceNotFoundException", "ParameterNotFound", "NotFoundException")


class Refusing(Server):
    """An AWS that refuses `refusals` calls with `code` and `message`, in the JSON protocol."""

    def __init__(self) -> None:
        super().__init__(RefusingHandler)
        self.code = self.message = ""
        self.asked, self.refusals = 0, 99


class RefusingHandler(Handler):
    """The handler of a `Refusing`."""

    server: Refusing

    def do_POST(self) -> None:  # noqa: N802 - the base class names it
        """Refuse the call, or return the secret."""
        self.server.asked += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.asked > self.server.refusals:
            self.answer(200, b'{"SecretString": "s3cret"}')
            return
        body = {"__type": self.server.code, "message": self.server.message}
        self.answer(400, json.dumps(body).encode(), Content_Type="application/x-amz-json-1.1")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Refusing]:
    server = Refusing()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    with running(server):
        yield server


def refusal(patience: float) -> SecretError:
    with pytest.raises(SecretError) as error:
        read_secret(SECRET, REGION, Patience(patience))
    return error.value


@pytest.mark.parametrize("code", LASTING)
def test_what_no_retry_cures_fails_at_once(aws: Refusing, code: str) -> None:
    aws.code, aws.message = code, "as the API reference says"
    began = time.monotonic()
    error = refusal(60)
    assert aws.asked == 1
    assert time.monotonic() - began < 30
    assert error.what == f"cannot read the secret 'db': {code}: as the API reference says"
    assert bool(error.cure) == (code.endswith("NotFound") or code in ABSENT)


@pytest.mark.parametrize("code", ABSENT)
def test_what_does_not_exist_is_looked_for_in_account_and_region(aws: Refusing, code: str) -> None:
    aws.code = code
    assert refusal(0).cure == "does it exist in this account and us-east-1?"


@pytest.mark.parametrize("code", ["AccessDeniedException", "InternalServiceError"])
def test_what_may_pass_is_asked_again(aws: Refusing, code: str) -> None:
    aws.code, aws.refusals = code, 1
    assert read_secret(SECRET, REGION, Patience(60)) == "s3cret"
    assert aws.asked == 2


def test_a_refusal_is_every_hosts_and_no_answer_may_be_this_hosts_alone(
    aws: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host holds back a failure that may be its own (ADR 0027)."""
    aws.code = "AccessDeniedException"
    assert not isinstance(refusal(0), HostFaultError)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    assert isinstance(refusal(0), HostFaultError)


@pytest.mark.parametrize("message", ["", "AccessDeniedException"])
def test_a_refusal_that_says_nothing_but_its_code_is_short(aws: Refusing, message: str) -> None:
    aws.code, aws.message = "AccessDeniedException", message
    error = refusal(0)
    assert error.what == "cannot read the secret 'db': AccessDeniedException"
    assert error.cure == "does its KMS key or a policy keep the host's role out?"
