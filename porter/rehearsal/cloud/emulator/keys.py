"""KMS keys that an app names exist before anything is deployed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any

Request = Mapping[str, Any]
Answer = tuple[int, Mapping[str, str], bytes]


def make_named_keys(kms: ModuleType, requests: ModuleType) -> None:
    """Let GenerateDataKey create the key that it names, if it does not exist.

    Synthesis comes before deployment, and names keys of the user's account. The name is known to
    GenerateDataKey alone, so a stack can still create an alias of that name.
    """
    made: dict[tuple[str, str, str], Any] = {}
    resolve, generate = kms._resolve_key, kms._generate_data_key  # noqa: SLF001

    def place(name: str) -> tuple[str, str, str]:
        return requests.get_account_id(), requests.get_region(), name

    def resolve_named(name: str) -> Any:  # noqa: ANN401 - ministack's
        return made.get(place(name)) or resolve(name)

    def generate_under_named(data: Request) -> Answer:
        name = data.get("KeyId", "")
        if name and resolve_named(name) is None:
            _, _, body = kms._create_key({"Description": f"stands for {name}"})  # noqa: SLF001
            made[place(name)] = resolve(json.loads(body)["KeyMetadata"]["KeyId"])
        answer: Answer = generate(data)
        return answer

    setattr(kms, "_resolve_key", resolve_named)  # noqa: B010 - private, and so untyped
    setattr(kms, "_generate_data_key", generate_under_named)  # noqa: B010
