"""The two archives that a host fetches, as CDK assets."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from porter.bundle import archive
from porter.spec import AssetLocation, HostSpec
from porter_cdk import payload
from porter_cdk.program import Packed


@dataclass(frozen=True, slots=True)
class StagedAsset:
    """An archive that the deployment uploads, with its place in S3 and its ARN."""

    location: AssetLocation
    object_arn: str


def bundle(scope: Construct) -> StagedAsset:
    """Stage the host side of porter. Raises `PorterError` if it has not been built."""
    return _stage(scope, "Bundle", archive.path(), archive.sha256())


def payload_of(scope: Construct, spec: HostSpec, parts: Mapping[str, Packed]) -> StagedAsset:
    """Pack `spec` and the folders of `parts`, and stage the archive."""
    with tempfile.TemporaryDirectory(prefix="porter-") as folder:
        file = Path(folder, payload.NAME)
        return _stage(scope, "Payload", file, payload.write(file, spec, parts))


def _stage(scope: Construct, name: str, file: Path, sha256: str) -> StagedAsset:
    """Copy `file` into the cloud assembly now; the CDK names it by a hash of `sha256`."""
    asset = s3_assets.Asset(scope, name, path=str(file), asset_hash=sha256)
    return StagedAsset(
        AssetLocation(bucket=asset.s3_bucket_name, key=asset.s3_object_key, sha256=sha256),
        asset.bucket.arn_for_objects(asset.s3_object_key),
    )
