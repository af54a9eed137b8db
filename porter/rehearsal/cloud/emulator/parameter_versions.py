"""Permission to read a parameter includes all its versions: policies name no version.

Service Authorization Reference, "Resource types defined by AWS Systems Manager".
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

_ARN_AND_VERSION = 7
"""Colon-separated parts of a parameter's ARN with a version or label."""


def leave_out_versions(actions: ModuleType) -> None:
    """Let IAM evaluate `GetParameter` of `NAME:VERSION` by the ARN of `NAME`."""
    original = actions.extract_resource_arn

    @functools.wraps(original)
    def extract(service: str, *arguments: Any) -> str:  # noqa: ANN401 - ministack's own
        arn: str = original(service, *arguments)
        parts = arn.split(":")
        versioned = service == "ssm" and len(parts) == _ARN_AND_VERSION
        return ":".join(parts[:-1]) if versioned else arn

    setattr(actions, "extract_resource_arn", extract)  # noqa: B010 - it is looked up by its name
