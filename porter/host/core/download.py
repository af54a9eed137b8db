"""Download a file, and accept it only with the expected SHA-256."""

from __future__ import annotations

import hashlib
import http.client
import logging
import os
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from porter.errors import HostFaultError, PorterError
from porter.spec import Text

PATIENCE = 15.0
"""Seconds in which a failed download is tried again: a new role's permissions take a while."""

DEADLINE = 300.0
"""Seconds for one attempt."""

STALLED = 20.0
"""Seconds without a byte after which an attempt fails."""

log = logging.getLogger(__name__)


class Wanted(Protocol):
    """The file to download: at `url` or, if that is empty, in S3. A `Package` is one."""

    @property
    def sha256(self) -> str:
        """The expected digest, in hexadecimal."""

    @property
    def url(self) -> Text:
        """Its URL; empty if it is in S3."""

    @property
    def bucket(self) -> Text:
        """Its bucket in S3."""

    @property
    def key(self) -> Text:
        """Its key in the bucket."""

    @property
    def place(self) -> str:
        """Its address, as error messages show it."""


def download(package: Wanted, target: Path, region: str) -> None:
    """Download the resolved `package` to `target`; a partial or wrong file is never left there.

    Raises `PorterError` naming the package's address and the cause; it is a `HostFaultError` if no
    server answered.
    """
    from porter.aws.backoff import pauses  # noqa: PLC0415 - only a host that downloads needs it

    began = time.monotonic()
    for pause in pauses(0.5):
        try:
            return _download_once(package, target, region, began + DEADLINE)
        except _NotFetchedError as error:
            if time.monotonic() + pause - began > PATIENCE:
                kind = HostFaultError if error.silent else PorterError
                raise kind(
                    f"could not be fetched: {error}",
                    where=package.place,
                    cure="check that it exists, and that the host's role and network can reach it",
                ) from error
            log.warning("%s: %s; again in %.1f s", package.place, error, pause)
            time.sleep(pause)
    return None


class _NotFetchedError(Exception):
    """This attempt failed; another one may succeed. `silent`: the server gave no answer."""

    def __init__(self, what: str, *, silent: bool = True) -> None:
        super().__init__(what)
        self.silent = silent


def _download_once(package: Wanted, target: Path, region: str, deadline: float) -> None:
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o644)  # apt reads it as a user of its own
            for piece in _pieces(package, region):
                digest.update(piece)
                file.write(piece)
                if time.monotonic() > deadline:
                    raise _NotFetchedError(f"it took longer than {DEADLINE:g} s")
        if digest.hexdigest() != package.sha256:
            raise PorterError(
                f"has the SHA-256 {digest.hexdigest()}, and must have {package.sha256}",
                where=package.place,
                cure="compare with what its maker publishes: the file may have been replaced",
            )
        Path(name).replace(target)
    except OSError as error:
        raise _NotFetchedError(str(error)) from error
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def _pieces(package: Wanted, region: str) -> Iterator[bytes]:
    if package.url:
        yield from _from_url(str(package.url))
        return
    from porter.aws import objects  # noqa: PLC0415 - boto3 is 25 MB

    try:
        yield from objects.read(region, str(package.bucket), str(package.key))
    except PorterError as error:
        raise _NotFetchedError(error.what, silent=isinstance(error, HostFaultError)) from error


def _from_url(url: str) -> Iterator[bytes]:
    request = urllib.request.Request(url, headers={"User-Agent": "porter"})  # noqa: S310 - https
    try:
        with urllib.request.urlopen(request, timeout=STALLED) as answer:  # noqa: S310 - https
            while piece := answer.read(1 << 20):
                yield piece
    except urllib.error.HTTPError as error:
        server_error = error.code >= 500  # noqa: PLR2004 - RFC 9110
        raise _NotFetchedError(f"HTTP {error.code}", silent=server_error) from error
    except (OSError, http.client.HTTPException) as error:
        raise _NotFetchedError(str(getattr(error, "reason", error))) from error
