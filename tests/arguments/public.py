"""List every argument that a user can pass to what `porter_cdk` exports, and its default."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Literal, Unpack, get_args, get_origin, get_type_hints

import porter_cdk

CONSTRUCTS = ("self", "scope", "id")
"""Arguments that every CDK construct has."""

_ENTRY = re.compile(r"^([a-z_0-9]+(?:, [a-z_0-9]+)*): (.+(?:\n +.+)*)", re.MULTILINE)
_DEFAULT = re.compile(r"Default: (.+?)(?:\. |\.?$)")


def arguments() -> list[str]:
    """Return `Class(name=...)` and `Class.method(name=...)` for every exported class."""
    found: list[str] = []
    bundles: set[type] = set()
    for name in porter_cdk.__all__:
        exported = getattr(porter_cdk, name)
        if not inspect.isclass(exported) or issubclass(exported, Exception):
            continue
        makers = dict(_makers(exported))
        shared: dict[str, None] = {}  # the options that all factory methods take
        for maker, function in makers.items():
            given = _parameters(function)
            # A factory method without arguments is listed itself: `Rollout.replacing()`.
            found += [f"{maker}({one}=...)" for one in given] or [f"{maker}()"]
            for bundle in _bundles(function):
                shared |= dict.fromkeys(bundle.__annotations__)
        found += [f"{name}({one}=...)" for one in shared]
        # Users of a class with factory methods do not call its constructor.
        if not makers:
            found += [f"{name}({one}=...)" for one in _parameters(exported.__init__)]
            # `PorterService` passes `HostProps` on to `PorterHost`, which comes first.
            for bundle in _bundles(exported.__init__):
                found += [
                    f"{name}({one}=...)" for one in bundle.__annotations__ if bundle not in bundles
                ]
                bundles.add(bundle)
    return found


def default_of(argument: str) -> str:
    """Return the default of an argument of `arguments()`, in Markdown.

    This is the text after `Default:` in the docstring, if any, else the value in the signature.
    """
    exported, function, name = _parts(argument)
    if said := _DEFAULT.search(_text(argument)):
        return said[1]
    if name not in inspect.signature(function).parameters:
        return "none"  # a factory method without arguments
    default = inspect.signature(function).parameters[name].default
    if default is inspect.Parameter.empty:
        return "required"
    field = getattr(exported, "__dataclass_fields__", {}).get(name)
    if field and callable(field.default_factory):
        return f"`{field.default_factory.__name__}()`"
    if default in (None, (), ""):
        return "none"
    return f"{default:g}" if isinstance(default, float) else str(default)


def meaning_of(argument: str) -> str:
    """Return what the docstring says of an argument of `arguments()`, without its default."""
    text = _DEFAULT.sub("", _text(argument)).strip()
    return text.partition(". ")[0].rstrip(".") + "." if text.startswith("as in ") else text


def type_of(argument: str) -> str:
    """Return the types of an argument of `arguments()`, in Markdown, without None."""
    exported, function, name = _parts(argument)
    makers = [function, exported.__init__, *_bundles(exported.__init__)]
    [owner, *_] = [one for one in makers if name in getattr(one, "__annotations__", {})]
    hint = get_type_hints(owner)[name]
    literals = [one for one in (hint, *get_args(hint)) if get_origin(one) is Literal]
    if literals:
        choices = [json.dumps(value) for value in get_args(literals[0])]
    else:
        written = owner.__annotations__[name]
        plain = written if isinstance(written, str) else written.__forward_arg__
        choices = [one for one in plain.split(" | ") if one != "None"]
    return " or ".join(f"`{one}`" for one in choices)


def _parts(argument: str) -> tuple[Any, Any, str]:
    """Return the class, the class or its factory method, and the name of the argument."""
    called, _, name = argument.rstrip("=.)").partition("(")
    owner, _, maker = called.partition(".")
    exported = getattr(porter_cdk, owner)
    return exported, getattr(exported, maker) if maker else exported, name


def _text(argument: str) -> str:
    """Return the docstring's entry `NAME: TEXT`, or `NAME, NAME: TEXT`, of an argument."""
    exported, function, name = _parts(argument)
    for one in (function, exported.__init__):
        for names, text in _ENTRY.findall(inspect.getdoc(one) or ""):
            if name in names.split(", "):
                return " ".join(text.split())
    return ""


def _makers(exported: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Return the class methods that create an instance."""
    for name, member in vars(exported).items():
        if isinstance(member, classmethod) and not name.startswith("_"):
            yield f"{exported.__name__}.{name}", getattr(exported, name)


def _parameters(function: Callable[..., Any]) -> list[str]:
    """Return the names of the parameters, without those passed on to another construct."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    kept = inspect.signature(function).parameters.values()
    return [one.name for one in kept if one.name not in CONSTRUCTS and one.kind in named]


def _bundles(function: Callable[..., Any]) -> list[type]:
    """Return each `TypedDict` that gathers keyword arguments (`**options: Unpack[...]`)."""
    hints = get_type_hints(function).values()
    return [get_args(hint)[0] for hint in hints if get_origin(hint) is Unpack]
