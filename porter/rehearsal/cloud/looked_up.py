"""Assets that hold a lookup's stand-in; in a deployment they hold the account's value."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from porter.build.assets import Asset, assets

_MADE_UP = re.compile("[0-9a-f]{16}|[0-9A-F]{16}|stand-in", re.IGNORECASE)
"""Texts that no app contains by chance, unlike `us-east-1a`, which is a stand-in, too."""

_LARGEST_FILE = 1 << 20
_MOST_BYTES = 64 << 20
"""An app writes identifiers into small files; the rest of a large asset is not searched."""


def holding(assembly: Path, answers: Mapping[str, object]) -> list[str]:
    """Return a line for each asset in `assembly` with one of `answers`, stand-ins by lookup.

    None if the assembly is incomplete, which the cdk CLI reports. Templates are not searched.
    """
    sought = {text.encode(): key for key, answer in answers.items() for text in _texts(answer)}
    if not sought:
        return []
    wanted = re.compile(b"|".join(map(re.escape, sorted(sought, key=len, reverse=True))))
    try:
        return [
            f"{_name(asset)}: it holds the stand-in of the lookup {sought[found]}"
            for asset in assets(assembly)
            if asset.construct and (found := _found(asset, wanted))
        ]
    except FileNotFoundError:
        return []


def _texts(answer: object) -> Iterator[str]:
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, list):
        for one in answer:
            yield from _texts(one)
    elif isinstance(answer, str) and _MADE_UP.search(answer):
        yield answer.removeprefix("/hostedzone/")


def _name(asset: Asset) -> str:
    path = f"{asset.stack}/{asset.construct}"
    return f"the payload of {path.rpartition('/')[0]}" if asset.is_payload else f"the asset {path}"


def _found(asset: Asset, wanted: re.Pattern[bytes]) -> bytes:
    left = _MOST_BYTES
    for content in _contents(asset):
        if found := wanted.search(content):
            return found.group()
        left -= len(content)
        if left < 0:
            break
    return b""


def _contents(asset: Asset) -> Iterator[bytes]:
    """Yield what an app may have written: the manifest's entry, and the asset's small files."""
    yield json.dumps(asset.source).encode()
    if asset.file.is_dir():
        for path in sorted(asset.file.rglob("*")):
            if path.is_file() and path.stat().st_size <= _LARGEST_FILE:
                yield path.read_bytes()
    elif asset.is_payload:
        with tarfile.open(asset.file, "r|xz") as archive:
            for member in archive:
                file = archive.extractfile(member) if member.size <= _LARGEST_FILE else None
                if file:
                    yield file.read()
    elif asset.file.stat().st_size <= _LARGEST_FILE:
        yield asset.file.read_bytes()
