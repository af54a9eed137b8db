"""The two archives that a host fetches, as CDK assets."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from porter.bundle import archive
from porter.packing import payload
from porter.packing.payload import Packed
from porter.packing.recipe import Recipe, own_modules, parts_of
from porter.spec import AssetLocation, HostSpec
from porter.spec.synthesis import RECIPES


@dataclass(frozen=True, slots=True)
class StagedAsset:
    """An archive that the deployment uploads, with its place in S3 and its ARN."""

    location: AssetLocation
    object_arn: str


def bundle(scope: Construct) -> StagedAsset:
    """Stage the host side of porter. Raises `PorterError` if it has not been built."""
    return _stage(scope, "Bundle", archive.path(), archive.sha256())


def payload_of(scope: Construct, spec: HostSpec, parts: Mapping[str, Packed]) -> StagedAsset:
    """Pack `spec` and the folders of `parts`, and stage the archive.

    A rehearsal also gets the recipe.
    """
    with tempfile.TemporaryDirectory(prefix="porter-") as folder:
        file = Path(folder, payload.NAME)
        sha256 = payload.write(file, spec, parts)
        if watching := os.environ.get(RECIPES):
            recipe = Recipe(
                host=scope.node.path,
                sha256=sha256,
                spec=spec,
                parts=parts_of(parts),
                modules=own_modules(Path.cwd()),
            )
            recipe.write(Path(watching))
        return _stage(scope, "Payload", file, sha256)


def _stage(scope: Construct, name: str, file: Path, sha256: str) -> StagedAsset:
    """Copy `file` into the cloud assembly now; the CDK names it by a hash of `sha256`."""
    asset = s3_assets.Asset(scope, name, path=str(file), asset_hash=sha256)
    return StagedAsset(
        AssetLocation(bucket=asset.s3_bucket_name, key=asset.s3_object_key, sha256=sha256),
        asset.bucket.arn_for_objects(asset.s3_object_key),
    )
