"""Write porterd's OpenAPI document and its page from the YAML: `python -m tests.interface.page`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

_ROOT = Path(__file__).parents[2]
SOURCES = _ROOT / "porter" / "daemon" / "openapi"
DOCUMENT = SOURCES / "openapi.json"
PAGE = _ROOT / "docs" / "reference" / "porterd-http.md"

_EVERYWHERE = ("400", "408", "411", "413", "429", "431")
"""What any request may be answered, as the page's introduction says."""

_REQUEST_ID = {"$ref": "#/components/parameters/RequestId"}
"""A parameter of every request; the page's introduction describes it."""

_ORDER = (
    "about",
    "page",
    "host",
    "service",
    "events",
    "verdict",
    "drain",
    "secrets",
    "metrics",
    "credentials",
    "document",
)
"""Of the files, and so of the page's sections."""


def document() -> dict[str, Any]:
    """Return the OpenAPI document that the YAML files make together."""
    whole: dict[str, Any] = {}
    for name in _ORDER:
        _merge(whole, yaml.safe_load((SOURCES / f"{name}.yaml").read_text("utf-8")), name)
    for operation in _operations(whole):
        operation.setdefault("parameters", []).append(dict(_REQUEST_ID))
        for status in _EVERYWHERE:
            operation["responses"].setdefault(status, {"$ref": "#/components/responses/Refused"})
    return whole


def as_json() -> str:
    """Return the document as porterd serves it."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def render() -> str:
    """Return the whole page."""
    whole = document()
    first = '    curl "$PORTERD_URL/v1/identity"\n'
    pieces = [f"# {whole['info']['title']}\n", first, whole["info"]["description"]]
    for path, item in whole["paths"].items():
        for method, operation in item.items():
            pieces += [f"## {method.upper()} {path}\n", *_about(whole, operation)]
    return "\n".join(pieces).rstrip() + "\n"


def _merge(whole: dict[str, Any], part: Mapping[str, Any], file: str) -> None:
    for key, value in part.items():
        if isinstance(value, dict) and isinstance(whole.get(key), dict):
            _merge(whole[key], value, file)
        elif key in whole:
            raise SystemExit(f"{file}: {key!r} is in another file, too")
        else:
            whole[key] = value


def _operations(whole: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for item in whole["paths"].values():
        yield from item.values()


def _about(whole: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
    yield operation["description"]
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]["application/json"]
        yield from _shown(content)
        yield from _table(whole, content["schema"], "request")
    yield from _parameters(whole, operation)
    answers = {status: _found(whole, one) for status, one in operation["responses"].items()}
    good = next(iter(answers.values()))
    for content in good.get("content", {}).values():
        yield from _shown(content)
        yield from _table(whole, content["schema"], "field")
    own = [one for one in answers.items() if one[0] not in _EVERYWHERE or _differs(whole, one)]
    if len(own) > 1:
        yield "| status | meaning |\n|---|---|"
        yield from _joined(f"| {status} | {one['description']} |" for status, one in own)


def _differs(whole: Mapping[str, Any], answer: tuple[str, Any]) -> bool:
    return answer[1] is not whole["components"]["responses"]["Refused"]


def _joined(lines: Iterator[str]) -> Iterator[str]:
    yield "\n".join(lines) + "\n"


def _shown(content: Mapping[str, Any]) -> Iterator[str]:
    if "example" not in content:
        return
    example = content["example"]
    text = example if isinstance(example, str) else json.dumps(example, indent=2)
    yield "".join(f"    {line}\n" for line in text.splitlines())


def _parameters(whole: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
    asked = [_found(whole, one) for one in operation["parameters"] if one != _REQUEST_ID]
    rows = [f"| `{one['name']}` | {one['description']} |" for one in asked]
    if rows:
        yield "\n".join(("| parameter | meaning |", "|---|---|", *rows)) + "\n"


def _table(whole: Mapping[str, Any], schema: Mapping[str, Any], title: str) -> Iterator[str]:
    rows = list(_rows(whole, schema, ""))
    if rows:
        yield "\n".join((f"| {title} | meaning |", "|---|---|", *rows)) + "\n"


def _rows(whole: Mapping[str, Any], schema: Mapping[str, Any], before: str) -> Iterator[str]:
    schema = _found(whole, schema)
    if "items" in schema:
        yield from _rows(whole, schema["items"], f"{before.removesuffix('.')}[].")
    for name, part in schema.get("properties", {}).items():
        below = _found(whole, part)
        if "description" in below:
            yield f"| `{before}{name}` | {below['description']} |"
        yield from _rows(whole, below, f"{before}{name}.")
    for variant in schema.get("oneOf", ()):
        below = _found(whole, variant)
        yield f"| `{before}kind` = `{below['title']}` | {below['description']} |"


def _found(whole: Mapping[str, Any], part: Mapping[str, Any]) -> Any:
    """Return `part`, or what its reference points to."""
    if "$ref" not in part:
        return part
    found: Any = whole
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


if __name__ == "__main__":
    DOCUMENT.write_text(as_json(), "utf-8")
    PAGE.write_text(render(), "utf-8")
