"""Check the tags that `cdk deploy` gives to stacks: they reach instances."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from porter.spec.tags import check_tag_keys
from porter.stacks import preview

_OPTIONS = ("--tags", "-t")


def check(arguments: Sequence[str], assembly: Path) -> None:
    """Raise `SpecError` if a tag in `arguments` or `cdk.json` would prevent launches.

    Stacks in `assembly` whose hosts do not show tags in metadata accept every key.
    """
    if any(_shows_tags(path) for path in assembly.rglob("*.template.json")):
        check_tag_keys([*_given(arguments), *_configured()])


def _given(arguments: Sequence[str]) -> Iterator[str]:
    for _, tag in preview.options(arguments, _OPTIONS):
        yield tag.partition("=")[0]


def _configured() -> list[str]:
    """Return the keys of `tags` in this folder's `cdk.json`; cdk reports an invalid file."""
    try:
        return [str(tag["Key"]) for tag in preview.settings().get("tags", [])]
    except (TypeError, KeyError):
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
