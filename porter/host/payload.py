"""Brings a payload to a host that is up, as the bootstrap does to a new one (ADR 0016)."""

from __future__ import annotations

import os
import re
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from porter.errors import PorterError, SpecError
from porter.host.download import download
from porter.host.machine import Machine
from porter.spec import AssetLocation, Deployment, HostSpec, loads
from porter.unpack import unpack

_S3 = re.compile(r"s3://([^/]+)/(.+)")
_LARGEST = 16 * 1024 * 1024
"""Bytes of a host.json: far above any."""


@dataclass(frozen=True, slots=True)
class _Object:
    """An asset, as `download` asks for it."""

    bucket: str
    key: str
    sha256: str
    url: str = ""

    @property
    def place(self) -> str:
        """Where it is, for a person."""
        return f"s3://{self.bucket}/{self.key}"


def parse_payload(url: str, sha256: str) -> AssetLocation:
    """The asset at `url` (`s3://BUCKET/KEY`). Raises `PorterError` for anything else."""
    found = _S3.fullmatch(url)
    if not found:
        raise PorterError(f"{url!r} is not in S3", where="--payload", cure="write s3://BUCKET/KEY")
    try:
        return AssetLocation(bucket=found[1], key=found[2], sha256=sha256)
    except SpecError as error:
        raise PorterError(error.what, where=f"--{error.where}") from error


def payload_spec(machine: Machine, deployment: Deployment, *, keep: bool) -> HostSpec:
    """What the payload of `deployment` specifies; one that is not here yet is fetched.

    With `keep` it is unpacked, too: whole or not at all. Raises `PorterError` if it cannot be had,
    is not what its SHA-256 says, or is another porter's: then nothing is unpacked.
    """
    folder = machine.layout.payload(deployment.payload)
    path = folder / "host.json"
    found = machine.read(path)
    if found:
        return _decoded(found.content, str(path))
    if machine.names(folder):
        raise PorterError("is missing", where=str(path), cure="it is no payload: remove its folder")
    return _fetched(deployment, folder, keep=keep)


def _fetched(deployment: Deployment, folder: Path, *, keep: bool) -> HostSpec:
    asset = deployment.payload
    wanted = _Object(asset.bucket, asset.key, asset.sha256)
    payloads = folder.parent
    payloads.mkdir(parents=True, exist_ok=True)
    # What a killed apply leaves is removed by the next one; a dry run's is in nobody's way.
    place = payloads if keep else None
    with tempfile.TemporaryDirectory(dir=place, prefix=".payload-") as temporary:
        target = Path(temporary) / "payload"
        download(wanted, target, deployment.region)
        try:
            with tarfile.open(target) as archive:
                member = archive.extractfile("host.json")
                content = member.read(_LARGEST) if member else b""
                spec = _decoded(content, f"{wanted.place}/host.json")
                if keep:
                    unpack(archive, Path(temporary) / "whole")
                    _flush(Path(temporary) / "whole")
        except (tarfile.TarError, KeyError, OSError, EOFError) as error:
            raise PorterError(
                f"cannot be unpacked: {error}", where=wanted.place, cure="synthesis packs payloads"
            ) from error
        if keep:
            (Path(temporary) / "whole").chmod(0o755)
            (Path(temporary) / "whole").replace(folder)
    return spec


def _flush(folder: Path) -> None:
    """Have all of it on the disk before anything names it: a power cut could leave empty files."""
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
