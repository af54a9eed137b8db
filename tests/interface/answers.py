"""Compare an answer of porterd with the OpenAPI document."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.interface.page import DOCUMENT

_REFUSED = {400, 404, 405, 408, 411, 413, 429, 431}
"""Of requests that the document does not describe."""


@functools.cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DOCUMENT.read_text("utf-8"))
    return document


def check_answer(
    method: str, target: str, status: int, headers: Mapping[str, str], body: bytes
) -> None:
    """Raise `AssertionError` if the document does not describe this answer to `method target`."""
    asked = f"{method} {target}"
    if method == "HEAD":
        assert not body, f"{asked}: has a body"
        return
    responses = _responses(method.lower(), target.partition("?")[0])
    if responses is None:
        known = "GET" if method == "OPTIONS" else ""
        assert status in _REFUSED or (known and status == 200), f"{asked}: {status} is unknown"
        responses = {str(status): {"$ref": "#/components/responses/Refused"}}
        if status == 200:
            return
    assert str(status) in responses, f"{asked}: {status} is not in the document: {body[:500]!r}"
    response = _found(responses[str(status)])
    for name, header in response.get("headers", {}).items():
        assert not header.get("required") or name in headers, f"{asked}: {status} without {name}"
    kind = headers["Content-Type"]
    assert kind.partition(";")[0] in _bare(response["content"]), f"{asked}: {status} is {kind}"
    content = response["content"][_bare(response["content"])[kind.partition(";")[0]]]
    text: Any = json.loads(body) if kind == "application/json" else body.decode()
    problems = [f"{one.json_path}: {one.message}" for one in _validator(content).iter_errors(text)]
    assert not problems, f"{asked}: {status}: {problems}"


def _bare(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the media types of `content` without their parameters, each with its key."""
    return {name.partition(";")[0]: name for name in content}


def _responses(method: str, path: str) -> dict[str, Any] | None:
    for template, item in _document()["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if method in item and re.fullmatch(pattern, path):
            found: dict[str, Any] = item[method]["responses"]
            return found
    return None


def _found(part: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref", "")
    if not reference:
        return part
    found = _document()
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def _validator(content: Mapping[str, Any]) -> Draft202012Validator:
    whole = Resource.from_contents(_document(), default_specification=DRAFT202012)
    registry = Registry().with_resource("urn:porterd", whole)
    schema = json.loads(json.dumps(content["schema"]).replace('"#/', '"urn:porterd#/'))
    return Draft202012Validator(schema, registry=registry)
