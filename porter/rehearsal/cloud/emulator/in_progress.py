"""Refuse to update a stack that is in progress, as CloudFormation does.

Its words: https://github.com/jenseickmeyer/todo-app-nodejs/issues/5 and, for `cdk deploy`, "Stack
updates" in the CloudFormation User Guide: one operation at a time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

_ACTIONS = ("UpdateStack", "CreateChangeSet", "ExecuteChangeSet")
_REVIEW = "REVIEW_IN_PROGRESS"
"""The status of a stack that a change set will create: nothing of it is in progress."""

Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[Mapping[str, Any]], Answer]


def in_progress(status: str) -> bool:
    """Whether an operation on a stack of this status goes on."""
    return status.endswith("_IN_PROGRESS") and status != _REVIEW


def refuse_updates(requests: ModuleType) -> None:
    """Let `requests`, ministack's module of handlers, refuse those for a stack in progress."""
    handlers: dict[str, Handler] = requests._ACTION_HANDLERS  # noqa: SLF001 - no public name
    for action in _ACTIONS:
        handlers[action] = _refusing(requests, handlers[action])


def _refusing(requests: ModuleType, handle: Handler) -> Handler:
    @functools.wraps(handle)
    def handled(parameters: Mapping[str, Any]) -> Answer:
        name = requests._p(parameters, "StackName")  # noqa: SLF001
        stack = requests._resolve_stack(name) if name else None  # noqa: SLF001
        if stack and in_progress(stack["StackStatus"]):
            where = f"is in {stack['StackStatus']} state"
            text = f"Stack:{stack['StackId']} {where} and can not be updated."
            refused: Answer = requests._error("ValidationError", text)  # noqa: SLF001
            return refused
        return handle(parameters)

    return handled
