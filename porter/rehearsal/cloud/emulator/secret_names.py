"""Let `Ref` return a secret's ARN, as in CloudFormation; ministack returns its name."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import ModuleType
from typing import Any

KIND = "AWS::SecretsManager::Secret"
_SUFFIX = 7
"""The dash and six characters that Secrets Manager appends to a name in an ARN."""


def name_secrets(provisioners: ModuleType) -> None:
    """Identify a stack's secrets by ARN, because policies compare ARNs with `Ref`."""
    handler = provisioners._RESOURCE_HANDLERS[KIND]  # noqa: SLF001
    create, update, delete = handler["create"], handler["update"], handler["delete"]

    @functools.wraps(create)
    def create_by_arn(*arguments: Any) -> tuple[str, dict[str, str]]:  # noqa: ANN401 - ministack's
        _, attributes = create(*arguments)
        return attributes["Arn"], attributes

    @functools.wraps(update)
    def update_by_arn(physical_id: str, *arguments: Any) -> tuple[str, dict[str, str]]:  # noqa: ANN401
        _, attributes = update(_name(physical_id), *arguments)
        return attributes["Arn"], attributes

    @functools.wraps(delete)
    def delete_by_arn(physical_id: str, properties: Mapping[str, Any]) -> None:
        delete(_name(physical_id), properties)

    handler |= {"create": create_by_arn, "update": update_by_arn, "delete": delete_by_arn}


def _name(arn: str) -> str:
    return arn.partition(":secret:")[2][:-_SUFFIX] or arn
