"""Show a construct's arguments to `inspect.signature` and `help`, which jsii's metaclass hides."""

from __future__ import annotations

import ast
import difflib
import inspect
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Unpack, get_args, get_origin, get_type_hints


class Arguments:
    """The `__signature__` of a construct class: the arguments of its constructor.

    jsii's metaclass has a `__call__(*args, **kwargs)`, which `inspect.signature` would report. A
    `TypedDict` in `**props: Unpack[...]` is shown key by key, with the values of `defaults`; the
    text below each key is added to the constructor's docstring.
    """

    def __init__(self, defaults: Mapping[str, Any]) -> None:
        self._defaults = defaults

    def __set_name__(self, construct: type, name: str) -> None:
        constructor = vars(construct)["__init__"]
        texts = [f"{k}: {text}" for bundle in _bundles(constructor) for k, text in _texts(bundle)]
        constructor.__doc__ = "\n".join([inspect.cleandoc(constructor.__doc__), "", *texts])

    def __get__(self, _: object, construct: type) -> inspect.Signature:
        """Return the signature of `construct`, which may be a subclass of the class it is in."""
        constructor = construct.__init__  # type: ignore[misc]  # a subclass may have its own
        _self, *parameters = inspect.signature(constructor).parameters.values()
        hints = get_type_hints(constructor)
        own = [
            one.replace(annotation=hints.get(one.name, one.annotation))
            for one in parameters
            if get_origin(hints.get(one.name)) is not Unpack
        ]
        keys = [
            inspect.Parameter(
                key, inspect.Parameter.KEYWORD_ONLY, default=self._defaults.get(key), annotation=of
            )
            for bundle in _bundles(constructor)
            for key, of in get_type_hints(bundle).items()
        ]
        return inspect.Signature([*own, *keys])


def check_keywords(construct: type, given: Mapping[str, object]) -> None:
    """Raise `TypeError`, as Python does, for a name in `given` that `construct` does not take."""
    known = inspect.signature(construct).parameters
    for name in given.keys() - known.keys():
        close = difflib.get_close_matches(name, known, 1)
        raise TypeError(
            f"{construct.__name__}() got an unexpected keyword argument {name!r}"
            + (f". Did you mean {close[0]!r}?" if close else "")
        )


def _bundles(constructor: Any) -> list[type]:  # noqa: ANN401 - any function
    hints = get_type_hints(constructor).values()
    return [get_args(hint)[0] for hint in hints if get_origin(hint) is Unpack]


def _texts(bundle: type) -> Iterator[tuple[str, str]]:
    """Yield each key of `bundle` and the string below it, which Python itself does not keep."""
    body = ast.parse(inspect.getsource(bundle)).body[0].body  # type: ignore[attr-defined]
    for key, text in pairwise(body):
        if isinstance(key, ast.AnnAssign) and isinstance(text, ast.Expr):
            yield ast.unparse(key.target), " ".join(ast.literal_eval(text.value).split())
