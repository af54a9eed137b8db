"""What a template reads from a resource whose attributes no schema has."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import ModuleType
from typing import Any

SERVERLESS = "AWS::Serverless::"


def stand_ins(
    modules: Mapping[str, ModuleType], stack: str, logical_id: str, properties: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a stand-in for each attribute that the stack's template reads from the resource."""
    engine, stacks = modules["engine"], modules["stacks"]._stacks  # noqa: SLF001
    template = engine._parse_template(stacks[stack]["_template_body"]) if stack in stacks else {}  # noqa: SLF001
    read = engine._intrinsic_references([template.get("Resources"), template.get("Outputs")])  # noqa: SLF001
    return {
        attribute: properties.get(attribute, f"{logical_id}-{attribute}")
        for name, attribute in read
        if name == logical_id and attribute
    }


def leave_serverless(engine: ModuleType) -> None:
    """Leave the types of the SAM transform as they are, to exist in name.

    The CDK's hosted rotation of secrets is such an application. ministack needs another package to
    transform it, and what comes out would be functions of AWS's own, whose code is not here.
    """
    original, transform = engine._apply_include_transform, engine._SAM_TRANSFORM  # noqa: SLF001

    @functools.wraps(original)
    def apply(template: dict[str, Any]) -> dict[str, Any]:
        included: dict[str, Any] = original(template)
        if transform in engine.declared_transforms(included):
            left: dict[str, Any] = engine._without_transform(included, transform)  # noqa: SLF001
            return left
        return included

    setattr(engine, "_apply_include_transform", apply)  # noqa: B010 - private, and so untyped
