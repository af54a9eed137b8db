"""Parse the cloud-config that porter writes as user data: a part of cloud-init's schema."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from porter.errors import PorterError

_HEADER = "#cloud-config\n"
_DECODERS: dict[str, Callable[[bytes], bytes]] = {"text/plain": bytes}
_DECODERS |= dict.fromkeys(
    ("b64", "base64"), lambda content: base64.b64decode(content, validate=True)
)
_DECODERS |= dict.fromkeys(
    ("gz+b64", "gzip+b64", "gz+base64", "gzip+base64"),
    lambda content: gzip.decompress(base64.b64decode(content, validate=True)),
)


@dataclass(frozen=True)
class File:
    """A `write_files` entry; cloud-init's default for `mode` is 0644."""

    path: PurePosixPath
    content: bytes
    mode: int


@dataclass(frozen=True)
class CloudConfig:
    """Parsed user data; `packages` are not installed in a rehearsal."""

    files: tuple[File, ...]
    commands: tuple[tuple[str, ...], ...]
    packages: tuple[str, ...]


def parse(user_data: bytes) -> CloudConfig:
    """Parse `user_data`, which must be JSON below its header line.

    Raises `PorterError` for anything else, and for keys that a rehearsal does not play.
    """
    try:
        text = user_data.decode()
        if not text.startswith(_HEADER):
            raise _refuse("", "must begin with #cloud-config")
        config = json.loads(text.removeprefix(_HEADER))
    except ValueError as error:
        raise _refuse("", f"must be JSON in UTF-8: {error}") from error
    _check(config, "", {"packages", "write_files", "runcmd", "package_update"})
    return CloudConfig(
        files=tuple(
            _file(f"write_files/{i}", file) for i, file in enumerate(config.get("write_files", []))
        ),
        commands=tuple(
            _command(f"runcmd/{i}", entry) for i, entry in enumerate(config.get("runcmd", []))
        ),
        packages=tuple(str(package) for package in config.get("packages", [])),
    )


def _file(where: str, file: Any) -> File:  # noqa: ANN401 - JSON
    _check(file, where, {"path", "content", "encoding", "permissions", "owner"})
    path = PurePosixPath(file.get("path", ""))
    if not path.is_absolute() or ".." in path.parts:
        raise _refuse(f"{where}/path", f"must be absolute and without .., got {str(path)!r}")
    encoding = file.get("encoding", "text/plain")
    if encoding not in _DECODERS:
        raise _refuse(f"{where}/encoding", f"{encoding!r} is not supported in a rehearsal")
    try:
        content = _DECODERS[encoding](str(file.get("content", "")).encode())
        return File(path, content, int(str(file.get("permissions", "0644")), 8))
    except (binascii.Error, OSError, EOFError, zlib.error) as error:
        raise _refuse(f"{where}/content", f"is not {encoding}: {error}") from error
    except ValueError as error:
        raise _refuse(f"{where}/permissions", "must be a string of octal digits") from error


def _command(where: str, entry: Any) -> tuple[str, ...]:  # noqa: ANN401 - JSON
    if not isinstance(entry, list) or not entry or not all(isinstance(word, str) for word in entry):
        raise _refuse(where, "must be a list of strings: cloud-init gives anything else to a shell")
    return tuple(entry)


def _check(value: Any, where: str, known: set[str]) -> None:  # noqa: ANN401 - JSON
    if not isinstance(value, Mapping):
        raise _refuse(where, "must be an object")
    for key in value:
        if key not in known:
            raise _refuse(f"{where}/{key}".lstrip("/"), "is not supported in a rehearsal")


def _refuse(where: str, problem: str) -> PorterError:
    return PorterError(problem, where=f"user data: {where}" if where else "user data")
