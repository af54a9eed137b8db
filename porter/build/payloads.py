"""Find the payloads in a cloud assembly, for `porter host apply --payload`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Payload:
    """The archive `file` of `host` (its path in the app) with its SHA-256, in hex."""

    host: str
    file: Path
    sha256: str


def payloads(assembly: Path) -> Iterator[Payload]:
    """Yield the payload of each host in the folder `assembly`, those of stages included.

    The CDK's name of the file is another hash. Earlier builds leave their payloads in the folder,
    and the manifests name only this build's.
    """
    artifacts = _json(assembly / "manifest.json").get("artifacts", {})
    for name, artifact in artifacts.items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            yield from payloads(assembly / properties["directoryName"])
        elif artifact["type"] == "cdk:asset-manifest":
            for asset in _json(assembly / properties["file"]).get("files", {}).values():
                host, slash, kind = asset.get("displayName", "").rpartition("/")
                if slash and kind == "Payload":
                    stack = artifacts.get(name.removesuffix(".assets"), {}).get("displayName", name)
                    file = assembly / asset["source"]["path"]
                    digest = hashlib.sha256(file.read_bytes()).hexdigest()
                    yield Payload(f"{stack}/{host}", file, digest)


def _json(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return content
