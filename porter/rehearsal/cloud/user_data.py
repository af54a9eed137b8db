"""Read the deployment and the spec out of a host's user data and payload."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from typing import Any

from porter.aws.clients import Clients
from porter.errors import PorterError
from porter.spec import AssetLocation, Deployment, HostSpec, loads

DEPLOYMENT = "/etc/porter/deployment.json"


def read_deployment(user_data: bytes) -> Deployment | None:
    """Return the `Deployment` in a cloud-config that porter made; `None` for other user data.

    Raises `SpecError` for another porter's schema.
    """
    header, _, body = user_data.partition(b"\n")
    if header.strip() != b"#cloud-config":
        return None
    try:
        config = json.loads(body)
    except ValueError:
        return None  # YAML, so not porter's
    files = config.get("write_files", []) if isinstance(config, dict) else []
    for file in files:
        if file.get("path") == DEPLOYMENT:
            return loads(Deployment, _content(file))
    return None


def read_spec(aws: Clients, payload: AssetLocation) -> HostSpec:
    """Return the spec in `payload`, after checking its SHA-256.

    Raises `PorterError` if the asset differs from what the user data names.
    """
    body = aws["s3"].get_object(Bucket=payload.bucket, Key=payload.key)["Body"].read()
    where = f"s3://{payload.bucket}/{payload.key}"
    if hashlib.sha256(body).hexdigest() != payload.sha256:
        raise PorterError("the payload's SHA-256 differs from the user data", where=where)
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        for member in archive:
            if member.name.removeprefix("./") == "host.json":
                file = archive.extractfile(member)
                if file is not None:
                    return loads(HostSpec, file.read())
    raise PorterError("the payload contains no host.json", where=where)


def _content(file: dict[str, Any]) -> bytes:
    content = str(file.get("content", "")).encode()
    return base64.b64decode(content) if file.get("encoding") in ("b64", "base64") else content
