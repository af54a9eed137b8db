"""Derive the names of a service and its environment from the construct tree."""

from __future__ import annotations

import hashlib
import re

from aws_cdk import Stack, Stage
from constructs import Construct

_LONGEST = 40


def service_name(path: str) -> str:
    """Return a name that `HostSpec.service` accepts: `hello-service` for `Hello/Service`.

    A path of more than 40 characters keeps its end, after six digits of its hash.
    """
    words = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
    name = words if words[:1].isalpha() else f"s-{words}".rstrip("-")
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(path.encode()).hexdigest()[:6]
    return f"s{digest}-{name[-(_LONGEST - 8) :].strip('-')}"


def environment_name(scope: Construct) -> str:
    """Return the name of the innermost CDK stage around `scope`, else of the stack."""
    stage = Stage.of(scope)
    return (stage.stage_name if stage else "") or Stack.of(scope).stack_name
