"""The properties that differ between two templates, for the construct reference."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from porter.spec.synthesis import without_release
from tests.matrix.cloudformation import Template

_DIGEST = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r'(?<="Ref": ")\w+(?=")')


def changes(old: Template, new: Template) -> str:
    """Describe the difference in Markdown: the payload, changed properties, and other resources.

    Names of releases and assets do not count. A property of a launch template's data is named
    without the data.
    """
    before, after = _resources(old), _resources(new)
    changed: dict[str, set[str]] = {}
    for name in before.keys() & after.keys():
        if found := set(_differing(before[name], after[name])):
            changed.setdefault(_kind(after[name]), set()).update(found)
    told = ["the payload"] if _assets(old) != _assets(new) else []
    told += [f"`{kind}`: {_listed(changed[kind])}" for kind in sorted(changed)]
    for word, one, other in (("adds", after, before), ("removes", before, after)):
        if kinds := {_kind(one[name]) for name in one.keys() - other.keys()}:
            told.append(f"{word} {_listed(kinds)}")
    return "; ".join(told)


def _resources(template: Template) -> dict[str, Any]:
    return {without_release(name): found for name, found in template["Resources"].items()}


def _differing(old: Any, new: Any) -> Iterator[str]:
    before, after = (_properties(one) for one in (old, new))
    for name in before.keys() | after.keys():
        if before.get(name) != after.get(name):
            yield name


def _properties(resource: Any) -> dict[str, str]:
    """Return each property as text, without the names of release and assets."""
    found = resource.get("Properties", {})
    texts = {name: json.dumps(value) for name, value in found.items()}
    texts |= {n: json.dumps(v) for n, v in found.get("LaunchTemplateData", {}).items()}
    texts.pop("LaunchTemplateData", None)
    texts.pop("PolicyName", None)  # ends with the name of the release
    return {
        name: _ID.sub(lambda id_: without_release(id_[0]), _DIGEST.sub("", text))
        for name, text in texts.items()
    }


def _assets(template: Template) -> set[str]:
    """Return the digests in the user data: those of bundle and payload."""
    templates = [one for one in template["Resources"].values() if _kind(one) == "LaunchTemplate"]
    return set(_DIGEST.findall(json.dumps(templates)))


def _kind(resource: Any) -> str:
    return str(resource["Type"]).rpartition("::")[2]


def _listed(names: set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
