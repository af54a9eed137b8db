"""Generate secrets as CloudFormation does; ministack lacks some options."""

from __future__ import annotations

import string
from collections.abc import Mapping
from types import ModuleType
from typing import Any

_LENGTH = 32
_KINDS = {
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
}


def generate_secrets(provisioners: ModuleType) -> None:
    """Support `GenerateSecretString: {}`, the CDK's default, and excluded characters."""
    generate = provisioners._sm_secret_string  # noqa: SLF001

    def secret_string(properties: Mapping[str, Any]) -> str:
        asked = properties.get("GenerateSecretString")
        if asked is not None:
            kinds = (characters for name, characters in _KINDS.items() if _is_set(asked.get(name)))
            excluded = "".join((asked.get("ExcludeCharacters", ""), *kinds))
            asked = {"PasswordLength": _LENGTH, **asked, "ExcludeCharacters": excluded}
            properties = {**properties, "GenerateSecretString": asked}
        return str(generate(properties))

    setattr(provisioners, "_sm_secret_string", secret_string)  # noqa: B010 - private, and so untyped


def _is_set(value: object) -> bool:
    """Whether a template's boolean is true; it may be text."""
    return value in (True, "true")
