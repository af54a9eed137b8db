"""Data keys of KMS: one to encrypt with, and the encrypted form that is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from porter.aws.siv import KEY_BYTES

KEPT = "porter:data-key:"
"""How the names begin of the CDK's context values that keep one with the app, encrypted."""

STACK = "porter:stack"
"""The encryption context's one name: a data key is for the hosts of one stack."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """`plain` to encrypt with, `encrypted` to keep; `key` is the ARN of the KMS key it is under."""

    plain: bytes = field(repr=False)
    encrypted: bytes
    key: str


def new_data_key(kms: Any, key: str, stack: str) -> DataKey:  # noqa: ANN401 - boto3's
    """A new one under `key` (an ARN or alias), for `stack`. Raises one of `ERRORS`."""
    answer = kms.generate_data_key(
        KeyId=key, NumberOfBytes=KEY_BYTES, EncryptionContext={STACK: stack}
    )
    return DataKey(answer["Plaintext"], answer["CiphertextBlob"], answer["KeyId"])


def open_data_key(kms: Any, key: str, stack: str, encrypted: bytes) -> DataKey:  # noqa: ANN401 - boto3's
    """The one that was kept as `encrypted`. Raises one of `ERRORS`.

    `key` is named, although KMS could tell it from `encrypted`: whoever may change what is kept
    must not be able to choose the key.
    """
    answer = kms.decrypt(KeyId=key, CiphertextBlob=encrypted, EncryptionContext={STACK: stack})
    return DataKey(answer["Plaintext"], encrypted, answer["KeyId"])
