"""Find the resources behind a reference, whose replacement changes everything that uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from aws_cdk import CfnResource, Stack, TreeInspector


@cache
def create_only() -> dict[str, frozenset[str]]:
    """Return the properties that CloudFormation cannot change in place, by type, in lower case.

    Source: the database of `cdk diff`, for the types that hosts commonly refer to.
    """
    text = resources.files("porter_cdk").joinpath("create_only.json").read_text(encoding="utf-8")
    return {kind: frozenset(map(str.lower, names)) for kind, names in json.loads(text).items()}


def behind(stack: Stack, expression: object) -> dict[str, Any]:
    """Return the resources of `stack` that `expression` refers to, directly or through others.

    `expression` is resolved. Each logical id has the resource's create-only properties, or all
    properties except tags if `create_only` does not list the type.
    """
    known = _by_logical_id(stack)
    found: dict[str, Any] = {}
    queue = list(references(expression))
    while queue:
        name = queue.pop()
        if name in known and name not in found:
            found[name] = stack.resolve(_identity(known[name]))
            queue.extend(references(found[name]))
    return found


def _by_logical_id(stack: Stack) -> dict[str, CfnResource]:
    nodes = [node for node in stack.node.find_all() if isinstance(node, CfnResource)]
    return dict(zip(stack.resolve([node.logical_id for node in nodes]), nodes, strict=True))


def _identity(resource: CfnResource) -> dict[str, Any]:
    """Return the type of `resource`, and the properties whose change replaces it."""
    kind = resource.cfn_resource_type
    if not hasattr(resource, "inspect"):  # a bare CfnResource
        return {"type": kind}
    inspector = TreeInspector()
    resource.inspect(inspector)
    properties = inspector.attributes["aws:cdk:cloudformation:props"]
    names = {name.lower(): name for name in properties}
    binding = create_only().get(kind, names.keys() - {"tags"})
    return {"type": kind, **{key: properties[names[key]] for key in binding if key in names}}


def references(expression: object) -> Iterator[str]:
    """Yield the logical ids in `expression`."""
    match expression:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case dict():
            for value in expression.values():
                yield from references(value)
        case list():
            for value in expression:
                yield from references(value)
