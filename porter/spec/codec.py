"""Strict JSON for the spec types: unknown, missing or mistyped fields are refused with a path."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, asdict, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, cast

from porter.errors import SpecError
from porter.spec.check import refuse
from porter.spec.schema import check_schema

T = TypeVar("T")


def dumps(spec: Any) -> str:  # noqa: ANN401 - any of the spec's dataclasses
    """Return the canonical JSON of a spec dataclass: equal specs are equal bytes."""
    return json.dumps(asdict(spec), sort_keys=True, separators=(",", ":"))


def loads(kind: type[T], text: str | bytes) -> T:
    """Decode the JSON `text` into a `kind`. Raises `SpecError` with the path of the fault."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"is not JSON: {error}") from error
    return decode(kind, data)


def decode(kind: type[T], data: object) -> T:
    """Decode JSON that is already parsed."""
    return cast("T", _decode(kind, data))


def _decode(kind: Any, data: object) -> object:  # noqa: ANN401 - a type expression
    origin = typing.get_origin(kind)
    if is_dataclass(kind):
        return _decode_dataclass(cast("type", kind), data)
    if origin in (tuple, Sequence):
        return _decode_tuple(typing.get_args(kind)[0], data)
    if origin is Mapping:
        return _decode_mapping(typing.get_args(kind)[1], data)
    if origin in (types.UnionType, typing.Union):
        return _decode_union(typing.get_args(kind), data)
    return _decode_plain(kind, data)


def _decode_plain(kind: Any, data: object) -> object:  # noqa: ANN401 - a type expression
    if typing.get_origin(kind) is typing.Literal:
        choices = typing.get_args(kind)
        if data not in choices:
            raise refuse("", f"must be {_either(choices)}, got {data!r}")
        return data
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if type(data) is not kind:
        raise refuse("", f"must be {_word(kind)}, got {data!r}")
    return data


def _decode_dataclass(kind: type, data: object) -> object:
    if not isinstance(data, dict):
        raise refuse("", f"must be an object ({kind.__name__}), got {data!r}")
    members = {member.name: member for member in fields(kind)}
    hints = _hints(kind)
    if "schema" in members and "schema" in data:
        check_schema(data["schema"])  # first: errors about another version's fields would mislead
    for name in data:
        if name not in members:
            raise refuse(
                name, f"{kind.__name__} has no such field", cure="use one version of porter"
            )
    values: dict[str, object] = {}
    for name, member in members.items():
        if name in data:
            values[name] = _below(name, hints[name], data[name])
        elif _required(member):
            raise refuse(name, "is missing")
    return kind(**{name: value for name, value in values.items() if members[name].init})


def _decode_tuple(item: Any, data: object) -> tuple[object, ...]:  # noqa: ANN401 - a type expression
    if not isinstance(data, list):
        raise refuse("", f"must be a list, got {data!r}")
    return tuple(_below(index, item, value) for index, value in enumerate(data))


def _decode_mapping(value_kind: Any, data: object) -> dict[str, object]:  # noqa: ANN401 - a type expression
    if not isinstance(data, dict):
        raise refuse("", f"must be an object, got {data!r}")
    return {name: _below(name, value_kind, value) for name, value in data.items()}


def _decode_union(kinds: tuple[Any, ...], data: object) -> object:
    """Decode an object as the union's dataclass, anything else as its plain member.

    Of several dataclasses it is the one whose field `kind` has the object's `kind` as default.
    """
    if isinstance(data, dict):
        return _decode_one_of([kind for kind in kinds if is_dataclass(kind)], data)
    for kind in kinds:
        if type(data) is kind:
            return _decode(kind, data)
    raise refuse("", f"must be {' or '.join(_word(kind) for kind in kinds)}, got {data!r}")


def _decode_one_of(kinds: list[Any], data: dict[str, object]) -> object:
    if len(kinds) == 1:
        return _decode(kinds[0], data)
    names = {kind.__dataclass_fields__["kind"].default: kind for kind in kinds}
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in names:
        raise refuse("kind", f"must be {_either(names)}, got {kind!r}")
    return _decode(names[kind], data)


def _below(segment: str | int, kind: Any, data: object) -> object:  # noqa: ANN401 - a type expression
    try:
        return _decode(kind, data)
    except SpecError as error:
        raise error.below(segment) from None


def _required(member: Field[Any]) -> bool:
    return member.default is MISSING and member.default_factory is MISSING


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _either(choices: Iterable[object]) -> str:
    return " or ".join(repr(choice) for choice in choices)


def _word(kind: Any) -> str:  # noqa: ANN401 - a type expression
    words = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}
    return words.get(kind) or ("null" if kind is type(None) else f"an object ({kind.__name__})")
