"""KMS data keys: the plain key encrypts a secret, the encrypted key is stored with the app."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from porter.aws.siv import KEY_BYTES

KEPT = "porter:data-key:"
"""Prefix of the CDK context values that store an encrypted data key with the app."""

STACK = "porter:stack"
"""The one name in the encryption context: a data key is for the hosts of one stack."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """`plain` encrypts, `encrypted` is stored; `key` is the ARN of the KMS key that protects it."""

    plain: bytes = field(repr=False)
    encrypted: bytes
    key: str


def new_data_key(kms: Any, key: str, stack: str) -> DataKey:  # noqa: ANN401 - boto3's
    """Create a data key under `key` (an ARN or alias) for `stack`. Raises one of `ERRORS`."""
    answer = kms.generate_data_key(
        KeyId=key, NumberOfBytes=KEY_BYTES, EncryptionContext={STACK: stack}
    )
    return DataKey(answer["Plaintext"], answer["CiphertextBlob"], answer["KeyId"])


def open_data_key(kms: Any, key: str, stack: str, encrypted: bytes) -> DataKey:  # noqa: ANN401 - boto3's
    """Decrypt the stored data key `encrypted`. Raises one of `ERRORS`.

    `key` is named although KMS could find it from `encrypted`: someone who can change the stored
    value must not choose the key.
    """
    answer = kms.decrypt(KeyId=key, CiphertextBlob=encrypted, EncryptionContext={STACK: stack})
    return DataKey(answer["Plaintext"], encrypted, answer["KeyId"])
