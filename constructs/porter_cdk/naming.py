"""Names of a service and its environment, from their place in the construct tree."""

from __future__ import annotations

import hashlib
import re

from aws_cdk import Stack, Stage
from constructs import Construct

_LONGEST = 40


def service_name(path: str) -> str:
    """`Hello/Service` becomes `hello-service`: what `HostSpec.service` accepts.

    A path that is too long keeps its end and takes six digits of its hash, so that two
    services stay two.
    """
    words = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
    name = words if words[:1].isalpha() else f"s-{words}".rstrip("-")
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(path.encode()).hexdigest()[:6]
    return f"s{digest}-{name[-(_LONGEST - 8) :].strip('-')}"


def environment_name(scope: Construct) -> str:
    """The environment that `scope` is deployed to, as its app names it.

    The innermost CDK stage, which an app that knows environments makes one of each; else the stack.
    """
    stage = Stage.of(scope)
    return (stage.stage_name if stage else "") or Stack.of(scope).stack_name
