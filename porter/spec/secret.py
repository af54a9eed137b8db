"""A secret: where the host finds its value, which is never part of a specification."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Literal

from porter.spec.check import check_one_line, refuse
from porter.spec.deployment import Text, check_text

Store = Literal["secretsmanager", "ssm", "command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Encrypted:
    """A value that was encrypted at synthesis (ADR 0017).

    `ciphertext` is AES-256-SIV. `data_key` decrypts it and is itself encrypted by the KMS key with
    the ARN `key`, for the stack `stack`. Both are Base64.
    """

    ciphertext: str
    data_key: str
    key: str
    stack: str

    def __post_init__(self) -> None:
        for name in ("ciphertext", "data_key"):
            _check_base64(name, getattr(self, name))
        for name in ("key", "stack"):
            check_one_line(name, getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret of Secrets Manager, a parameter of Systems Manager, or the output of a command.

    The host's role reads the first two: `id` is a name or an ARN. `field` selects one field of a
    secret that is a JSON object. `version` pins a version: an id or stage (Secrets Manager;
    default AWSCURRENT), or a number (SSM; default the latest).

    The output of a command is `encrypted`, for the name `id`.
    """

    store: Store
    id: Text
    field: str = ""
    version: str = ""
    encrypted: Encrypted | None = None

    def __post_init__(self) -> None:
        check_text("id", self.id)
        if isinstance(self.id, str):
            check_one_line("id", self.id)
        for name in ("field", "version"):
            if getattr(self, name):
                check_one_line(name, getattr(self, name))
        if self.store == "ssm":
            if self.field:
                raise refuse("field", "a parameter has no fields", cure="use Secrets Manager")
            if self.version and not self.version.isdigit():
                raise refuse("version", f"must be a number, got {self.version!r}")
        if (self.encrypted is not None) != (self.store == "command"):
            raise refuse("encrypted", "must be set if, and only if, store is 'command'")


def _check_base64(field: str, value: object) -> None:
    try:
        if isinstance(value, str) and base64.b64decode(value, validate=True):
            return
    except ValueError:
        pass
    raise refuse(field, "must be Base64, and not empty")
