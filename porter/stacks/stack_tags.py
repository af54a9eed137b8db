"""Check the tags that `cdk deploy` gives to stacks: they reach instances."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from porter.spec.tags import check_tag_keys

_OPTIONS = ("--tags", "-t")


def check(arguments: Sequence[str], assembly: Path) -> None:
    """Raise `SpecError` if a tag in `arguments` or `cdk.json` would prevent launches.

    Stacks in `assembly` whose hosts do not show tags in metadata accept every key.
    """
    if any(_shows_tags(path) for path in assembly.rglob("*.template.json")):
        check_tag_keys([*_given(arguments), *_configured()])


def _given(arguments: Sequence[str]) -> Iterator[str]:
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if word in _OPTIONS:
            yield next(words, "").partition("=")[0]
        elif equals and name in _OPTIONS:
            yield value.partition("=")[0]


def _configured() -> list[str]:
    """Return the keys of `tags` in this folder's `cdk.json`; cdk reports an invalid file."""
    try:
        settings = json.loads(Path("cdk.json").read_text("utf-8"))
        return [str(tag["Key"]) for tag in settings.get("tags", [])]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return []


def _shows_tags(template: Path) -> bool:
    resources = json.loads(template.read_text("utf-8")).get("Resources", {})
    return any(
        resource.get("Properties", {})
        .get("LaunchTemplateData", {})
        .get("MetadataOptions", {})
        .get("InstanceMetadataTags")
        == "enabled"
        for resource in resources.values()
    )
