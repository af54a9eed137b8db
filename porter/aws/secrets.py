"""Read one secret with the role of this host."""

from __future__ import annotations

import base64
import logging
import time
from typing import Any

from porter.aws.backoff import pauses
from porter.aws.data_key import open_data_key
from porter.aws.siv import Tampered, decrypt
from porter.errors import HostFaultError, PorterError
from porter.spec import Encrypted, Secret, field_of

_log = logging.getLogger(__name__)

PATIENCE_SECONDS = 12.0
"""How long refusals are retried: a new role's permissions take seconds to reach every service."""

_FINAL = {
    "DecryptionFailure",
    "DisabledException",
    "IncorrectKeyException",
    "InvalidCiphertextException",
    "InvalidParameterException",
    "InvalidRequestException",  # the secret is marked for deletion
    "KMSInvalidStateException",
    "NotFoundException",
    "ParameterNotFound",
    "ParameterVersionNotFound",
    "ResourceNotFoundException",
    "ValidationException",
}
"""AWS's error codes that a retry cannot cure."""

_WORDS = {"secretsmanager": "secret", "ssm": "parameter", "command": "command's output"}


class SecretError(PorterError):
    """A secret cannot be read. The message names it and AWS's error code, never a value."""


class UnansweredError(SecretError, HostFaultError):
    """AWS did not answer this host."""


class Patience:
    """How long refusals are retried, shared by several secrets.

    The time begins with the first refusal: reading the secrets before it does not use it up.
    """

    def __init__(self, seconds: float = PATIENCE_SECONDS) -> None:
        self._seconds = seconds
        self._expires: float | None = None

    def allows(self, pause: float, asked: float) -> bool:
        """Whether to retry after `pause` seconds a request that was sent at `asked` (monotonic)."""
        if self._expires is None:
            self._expires = asked + self._seconds
        return time.monotonic() + pause <= self._expires


def read_secret(secret: Secret, region: str, patience: Patience) -> str:
    """Return the text of the resolved `secret`, read in its own region, else in `region`.

    A failure that may pass (a refusal, no credentials, no answer) is retried while `patience`
    allows it. Raises `PorterError`.
    """
    from porter.aws.clients import ERRORS, Clients  # noqa: PLC0415 - boto3 costs 25 MB

    waits = pauses(first=0.5, longest=3.0)
    while True:
        asked = time.monotonic()
        try:
            clients = Clients.of_host(_region_of(_arn_of(secret)) or region)
            return field_of(_ask(clients, secret), secret.field, _name(secret))
        except ERRORS as error:
            pause = next(waits)
            if _code(error) in _FINAL or not patience.allows(pause, asked):
                raise _refusal(secret, error, region) from None
            _log.warning("%s: %s; again in %.1f s", _name(secret), _code(error), pause)
            time.sleep(pause)


def _ask(clients: Any, secret: Secret) -> str:  # noqa: ANN401 - boto3's classes have no types
    if secret.encrypted:
        return _opened(clients["kms"], secret, secret.encrypted)
    if secret.store == "ssm":
        name = f"{secret.id}:{secret.version}" if secret.version else str(secret.id)
        answer = clients["ssm"].get_parameter(Name=name, WithDecryption=True)
        return str(answer["Parameter"]["Value"])
    answer = clients["secretsmanager"].get_secret_value(SecretId=str(secret.id), **_pin(secret))
    if "SecretString" in answer:
        return str(answer["SecretString"])
    try:
        return bytes(answer["SecretBinary"]).decode()
    except ValueError:
        raise SecretError(f"{_name(secret)} is not text", cure="store it as Base64") from None


def _opened(kms: Any, secret: Secret, encrypted: Encrypted) -> str:  # noqa: ANN401 - as above
    """Decrypt the output of a command, encrypted for the name of `secret`."""
    wrapped = base64.b64decode(encrypted.data_key)
    data_key = open_data_key(kms, encrypted.key, encrypted.stack, wrapped)
    text = base64.b64decode(encrypted.ciphertext)
    try:
        return decrypt(data_key.plain, text, [str(secret.id).encode()]).decode()
    except Tampered:
        raise SecretError(
            f"{_name(secret)} is not what was encrypted for this name", cure="synthesize again"
        ) from None


def _pin(secret: Secret) -> dict[str, str]:
    """A version is a staging label or a UUID (Secrets Manager, GetSecretValue)."""
    if not secret.version:
        return {}
    dashes = 4
    is_id = len(secret.version) >= 32 and secret.version.count("-") == dashes  # noqa: PLR2004
    return {"VersionId" if is_id else "VersionStage": secret.version}


def _refusal(secret: Secret, error: Any, region: str) -> SecretError:  # noqa: ANN401 - any of ERRORS
    code = _code(error)
    message = getattr(error, "response", {}).get("Error", {}).get("Message", "")
    said = f"{code}: {message}" if message and message != code else code
    kind = SecretError if hasattr(error, "response") else UnansweredError
    return kind(f"cannot read the {_name(secret)}: {said[:400]}", cure=_cure(code, region))


def _cure(code: str, region: str) -> str:
    if code.endswith(("NotFoundException", "NotFound")):
        return f"does it exist in this account and {region}?"
    if "AccessDenied" in code:
        return "does its KMS key or a policy keep the host's role out?"
    return ""


def _code(error: Any) -> str:  # noqa: ANN401 - any of ERRORS
    """AWS's error code, or the name of botocore's exception where AWS did not answer."""
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code") or type(error).__name__)


def _name(secret: Secret) -> str:
    version = f" version {secret.version}" if secret.version else ""
    return f"{_WORDS[secret.store]} {secret.id!r}{version}"


def _arn_of(secret: Secret) -> str:
    """The ARN that may name the region of `secret`."""
    return secret.encrypted.key if secret.encrypted else str(secret.id)


def _region_of(identity: str) -> str:
    """The region in an ARN; empty for a name."""
    match identity.split(":", 5):
        case ["arn", _, _, region, _, _]:
            return region
    return ""
