"""Every argument a user can pass, found by looking at what `porter_cdk` exports."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Unpack, get_args, get_origin, get_type_hints

import porter_cdk

CONSTRUCTS = ("self", "scope", "id")
"""Of a construct, what is the CDK's own."""


def arguments() -> list[str]:
    """`Class(name=...)` of every exported class and `Class.method(name=...)` of its makers."""
    found: list[str] = []
    bundles: set[type] = set()
    for name in porter_cdk.__all__:
        exported = getattr(porter_cdk, name)
        if not inspect.isclass(exported) or issubclass(exported, Exception):
            continue
        makers = dict(_makers(exported))
        shared: dict[str, None] = {}  # what all of them take
        for maker, function in makers.items():
            given = _parameters(function)
            # A maker without arguments is one itself: `Rollout.replacing()`.
            found += [f"{maker}({one}=...)" for one in given] or [f"{maker}()"]
            for bundle in _bundles(function):
                shared |= dict.fromkeys(bundle.__annotations__)
        found += [f"{name}({one}=...)" for one in shared]
        # Whoever is offered makers leaves the constructor alone.
        if not makers:
            found += [f"{name}({one}=...)" for one in _parameters(exported.__init__)]
            # `PorterService` passes `HostProps` on to `PorterHost`, which comes first.
            for bundle in _bundles(exported.__init__):
                found += [
                    f"{name}({one}=...)" for one in bundle.__annotations__ if bundle not in bundles
                ]
                bundles.add(bundle)
    return found


def _makers(exported: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The class methods that make one."""
    for name, member in vars(exported).items():
        if isinstance(member, classmethod) and not name.startswith("_"):
            yield f"{exported.__name__}.{name}", getattr(exported, name)


def _parameters(function: Callable[..., Any]) -> list[str]:
    """Their names; those passed on to another construct are that one's."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    kept = inspect.signature(function).parameters.values()
    return [one.name for one in kept if one.name not in CONSTRUCTS and one.kind in named]


def _bundles(function: Callable[..., Any]) -> list[type]:
    """Return each `TypedDict` that gathers keyword arguments (`**options: Unpack[...]`)."""
    hints = get_type_hints(function).values()
    return [get_args(hint)[0] for hint in hints if get_origin(hint) is Unpack]
