"""Name a release by everything that would replace its hosts, when nothing can change any more."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import jsii
from aws_cdk import Aspects, IAspect
from constructs import IConstruct

_AFTER_ALL_OTHERS = 10_000
"""The CDK's own priorities end at 1,000 (`AspectPriority.READONLY`)."""


def fingerprint(resolved: object) -> str:
    """Twelve hexadecimal digits of a resolved CloudFormation expression.

    Resolved, because tokens are numbered anew in every process.
    """
    text = json.dumps(resolved, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def at_the_end(last: IConstruct, action: Callable[[], None]) -> None:
    """Call `action` once, when all tags and aspects have reached everything made before `last`.

    Aspects visit parents before children, and children in the order they were made: so `action`
    hangs on a last child, with the lowest priority.
    """
    Aspects.of(last).add(_Once(action), priority=_AFTER_ALL_OTHERS)


@jsii.implements(IAspect)
class _Once:
    """An aspect that acts on its first visit: synthesizing an app again changes nothing."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action: Callable[[], None] | None = action

    def visit(self, node: IConstruct) -> None:  # noqa: ARG002 - the CDK's signature
        if self._action:
            self._action()
            self._action = None
