"""Find the payloads and other assets in a cloud assembly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Payload:
    """The archive `file` of `host` in `stack` (paths in the app): `size` bytes, its SHA-256."""

    stack: str
    host: str
    file: Path
    size: int
    sha256: str

    @property
    def shown_size(self) -> str:
        """The size for people, in kB of 1,000 bytes."""
        return f"{self.size / 1e3:,.1f} kB"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file or folder that the deployment of `stack` uploads, or builds an image of.

    `construct` is its path in the stack; a template has none. `source` is what its manifest says of
    it, such as an image's build arguments. `key` is its name in the manifest, a hash.
    """

    stack: str
    construct: str
    file: Path
    source: Mapping[str, Any]
    key: str = ""

    @property
    def is_nested_template(self) -> bool:
        """Whether it is the template of a nested stack."""
        return self.file.name.endswith(".nested.template.json")

    @property
    def is_payload(self) -> bool:
        """Whether it is the payload of a host."""
        return self.construct.endswith("/Payload") and self.file.name.endswith(".xz")


def payloads(assembly: Path) -> Iterator[Payload]:
    """Yield the payload of each host in the folder `assembly`, those of stages included.

    The CDK's name of the file is another hash.
    """
    for asset in assets(assembly):
        if asset.is_payload and asset.file.is_file():
            host = asset.construct.rpartition("/")[0]
            stat = asset.file.stat()
            digest = _sha256(asset.file, stat.st_ino, stat.st_mtime_ns, stat.st_size)
            yield Payload(asset.stack, f"{asset.stack}/{host}", asset.file, stat.st_size, digest)


def assets(assembly: Path) -> Iterator[Asset]:
    """Yield each asset of the stacks in the folder `assembly`, those of stages included.

    Earlier builds leave their assets in the folder, and the manifests name only this build's.
    Stacks that share a synthesizer also name each other's: a payload is of those whose templates
    name it.
    """
    artifacts = _json(assembly / "manifest.json").get("artifacts", {})
    for name, artifact in artifacts.items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            yield from assets(assembly / properties["directoryName"])
        elif artifact["type"] == "cdk:asset-manifest":
            of = artifacts.get(name.removesuffix(".assets"), {})
            stack = of.get("displayName", name)
            manifest = _json(assembly / properties["file"])
            named = _templates(assembly, of, manifest)
            for kind, place in (("files", "path"), ("dockerImages", "directory")):
                for key, one in manifest.get(kind, {}).items():
                    if path := one["source"].get(place):
                        file, template = assembly / path, path.endswith(".template.json")
                        construct = "" if template else one.get("displayName", "")
                        asset = Asset(stack, construct, file, one["source"], key)
                        if key in named or not asset.is_payload:
                            yield asset


def _templates(assembly: Path, stack: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """Return the text of the templates of a stack's artifact and of its nested stacks."""
    paths = [one["source"].get("path", "") for one in manifest.get("files", {}).values()]
    nested = {path for path in paths if path.endswith(".nested.template.json")}
    own = stack.get("properties", {}).get("templateFile")
    return "".join(
        (assembly / path).read_text("utf-8") for path in [*nested, *([own] if own else ())]
    )


@lru_cache(maxsize=64)
def _sha256(file: Path, *_version: int) -> str:
    """Return the SHA-256 of `file`, which is read once for each of its versions."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _json(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return content
