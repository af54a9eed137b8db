"""Who may read a parameter may read each of its versions: policies name no version.

Service Authorization Reference, "Resource types defined by AWS Systems Manager".
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

_ARN_AND_VERSION = 7
"""Parts between colons of a parameter's ARN, and the version or label that was asked for."""


def leave_out_versions(actions: ModuleType) -> None:
    """Let IAM judge `GetParameter` for `NAME:VERSION` by the ARN of `NAME`."""
    original = actions.extract_resource_arn

    @functools.wraps(original)
    def extract(service: str, *arguments: Any) -> str:  # noqa: ANN401 - ministack's own
        arn: str = original(service, *arguments)
        parts = arn.split(":")
        versioned = service == "ssm" and len(parts) == _ARN_AND_VERSION
        return ":".join(parts[:-1]) if versioned else arn

    setattr(actions, "extract_resource_arn", extract)  # noqa: B010 - it is looked up by its name
