"""The parts of user data and payloads that a rehearsal reads."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from porter.errors import PorterError, SpecError
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.cloud.user_data import read_deployment, read_spec
from porter.spec import SCHEMA, AssetLocation, Deployment, HostSpec, dumps

ASSET = AssetLocation(bucket="assets", key="payload", sha256="0" * 64)
DEPLOYMENT = Deployment(
    schema=SCHEMA,
    region="us-east-1",
    stack_id="arn:aws:cloudformation:us-east-1:000000000000:stack/Hello/1",
    handle_url="http://localhost/handle",
    bundle=ASSET,
    payload=ASSET,
)


def _cloud_config(**file: Any) -> bytes:
    files = [{"path": "/etc/motd"}, {"path": "/etc/porter/deployment.json", **file}]
    return b"#cloud-config\n" + json.dumps({"write_files": files}).encode()


def test_the_deployment_in_a_cloud_config_is_found() -> None:
    assert read_deployment(_cloud_config(content=dumps(DEPLOYMENT))) == DEPLOYMENT


@pytest.mark.parametrize(
    "user_data",
    [
        pytest.param(b"", id="none"),
        pytest.param(b"#!/bin/sh\nreboot\n", id="a script"),
        pytest.param(b"#cloud-config\npackages: [nginx]\n", id="YAML"),
        pytest.param(b'#cloud-config\n{"packages": []}', id="JSON without files"),
    ],
)
def test_user_data_without_a_deployment_is_ignored(user_data: bytes) -> None:
    assert read_deployment(user_data) is None


def test_a_deployment_with_another_schema_is_refused() -> None:
    other = dumps(DEPLOYMENT).replace(f'"schema":{SCHEMA}', '"schema":999')
    with pytest.raises(SpecError, match="999"):
        read_deployment(_cloud_config(content=other))


def test_a_payload_with_another_sha256_is_refused(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path)
    try:
        emulator.start()
        aws = account.clients(Environment(), emulator.endpoint)
        aws["s3"].create_bucket(Bucket=ASSET.bucket)
        aws["s3"].put_object(Bucket=ASSET.bucket, Key=ASSET.key, Body=_payload())
        with pytest.raises(PorterError, match="SHA-256 differs"):
            read_spec(aws, ASSET)
    finally:
        emulator.stop()


def _payload() -> bytes:
    spec = dumps(HostSpec(schema=SCHEMA, service="hello", timeout_seconds=60)).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("host.json")
        entry.size = len(spec)
        archive.addfile(entry, io.BytesIO(spec))
    return packed.getvalue()
