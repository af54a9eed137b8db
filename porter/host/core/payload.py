"""Fetch a payload to a running host, as the bootstrap does on a new one (ADR 0016)."""

from __future__ import annotations

import os
import re
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tarfile import TarFile

from porter.errors import PorterError, SpecError
from porter.host.core.download import download
from porter.host.core.machine import Machine
from porter.host.core.view import View
from porter.spec import AssetLocation, Deployment, HostSpec, loads
from porter.unpack import unpack

_S3 = re.compile(r"s3://([^/]+)/(.+)")
_LARGEST = 16 * 1024 * 1024
"""Bytes of host.json that are read: more than any real one has."""


@dataclass(frozen=True, slots=True)
class _Object:
    """An asset in the form that `download` takes."""

    bucket: str
    key: str
    sha256: str
    url: str = ""

    @property
    def place(self) -> str:
        """Its address, as error messages show it."""
        return f"s3://{self.bucket}/{self.key}"


def parse_payload(url: str, sha256: str) -> AssetLocation:
    """Return the asset at `url` (`s3://BUCKET/KEY`). Raises `PorterError` for any other URL."""
    found = _S3.fullmatch(url)
    if not found:
        raise PorterError(f"{url!r} is not in S3", where="--payload", cure="write s3://BUCKET/KEY")
    try:
        return AssetLocation(bucket=found[1], key=found[2], sha256=sha256)
    except SpecError as error:
        raise PorterError(error.what, where=f"--{error.where}") from error


def payload_spec(view: View, deployment: Deployment) -> HostSpec:
    """Read the specification in the payload of `deployment`, from this host or else from S3.

    A payload read from S3 is not kept. Raises `PorterError` if the payload cannot be fetched, has
    another SHA-256, or was written by another version of porter.
    """
    folder = view.layout.payload(deployment.payload)
    path = folder / "host.json"
    found = view.read(path)
    if found:
        return _decoded(found.content, str(path))
    if view.names(folder):
        raise PorterError("is missing", where=str(path), cure="the folder is no payload: remove it")
    with _fetched(deployment, None) as (_, spec):
        return spec


def bring_payload(machine: Machine, deployment: Deployment) -> None:
    """Fetch and unpack the payload of `deployment`, unless it is on this host.

    Raises `PorterError` as `payload_spec` does; then nothing is unpacked.
    """
    folder = Path(machine.layout.payload(deployment.payload))
    if machine.names(folder):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    # If apply is killed, phase `tidy` of the next one removes the temporary folder.
    with _fetched(deployment, folder.parent) as (archive, _):
        whole = Path(str(archive.name)).with_name("whole")
        unpack(archive, whole)
        _flush(whole)
        whole.chmod(0o755)
        whole.replace(folder)


@contextmanager
def _fetched(deployment: Deployment, place: Path | None) -> Iterator[tuple[TarFile, HostSpec]]:
    """Download the payload to a temporary folder in `place`; yield archive and specification."""
    asset = deployment.payload
    wanted = _Object(asset.bucket, asset.key, asset.sha256)
    with tempfile.TemporaryDirectory(dir=place, prefix=".payload-") as temporary:
        target = Path(temporary) / "payload"
        download(wanted, target, deployment.region)
        try:
            with tarfile.open(target) as archive:
                member = archive.extractfile("host.json")
                content = member.read(_LARGEST) if member else b""
                yield archive, _decoded(content, f"{wanted.place}/host.json")
        except (tarfile.TarError, KeyError, OSError, EOFError) as error:
            raise PorterError(
                f"cannot be unpacked: {error}",
                where=wanted.place,
                cure="it was not made by synthesis",
            ) from error


def _flush(folder: Path) -> None:
    """Sync the folder to disk: after a power cut, files that were renamed early can be empty."""
    for path in (folder, *folder.rglob("*")):
        if path.is_file() or path.is_dir():
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _decoded(content: bytes, where: str) -> HostSpec:
    try:
        return loads(HostSpec, content)
    except SpecError as error:
        raise error.below(where) from error
