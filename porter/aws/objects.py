"""Read objects from S3 with the host's own role."""

from __future__ import annotations

from collections.abc import Iterator

from porter.aws.clients import ERRORS, Clients
from porter.errors import HostFaultError, PorterError

CHUNK = 1 << 20
"""Bytes held in memory at a time."""


def read(region: str, bucket: str, key: str) -> Iterator[bytes]:
    """Yield the object's bytes in chunks. Raises `PorterError` with AWS's error code.

    Without an answer it is a `HostFaultError`.
    """
    try:
        body = Clients.of_host(region)["s3"].get_object(Bucket=bucket, Key=key)["Body"]
        yield from body.iter_chunks(CHUNK)
    except ERRORS as error:
        answered = getattr(error, "response", {}).get("Error", {}).get("Code")
        kind = PorterError if answered else HostFaultError
        raise kind(f"S3 says {answered or type(error).__name__}") from error
