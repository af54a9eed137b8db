"""Decide by name and content which files of a dependency a host keeps."""

from __future__ import annotations

import gzip
import json
from pathlib import PurePosixPath
from typing import Any

SERVICES = {
    "autoscaling": "2011-01-01",
    "dynamodb": "2012-08-10",
    "ecr": "2015-09-21",
    "elbv2": "2015-12-01",
    "events": "2015-10-07",
    "kms": "2014-11-01",
    "s3": "2006-03-01",
    "secretsmanager": "2017-10-17",
    "ssm": "2014-11-06",
    "sts": "2011-06-15",
}
"""The AWS services that a host calls, with the API version of each; botocore knows 400."""

_FOLDERS = {"__pycache__", "bin", "examples", "test", "tests"}
_SUFFIXES = {".c", ".pyc", ".pyd", ".pyi", ".so"}
_NAMES = {
    ".lock",  # uv's, of the folder
    "INSTALLER",  # differs by builder: who installed it, from where, for which platform
    "RECORD",
    "REQUESTED",
    "WHEEL",
    "direct_url.json",
    "dateutil-zoneinfo.tar.gz",  # botocore asks for UTC and local time only
    "py.typed",
}


def trim(name: str, content: bytes) -> tuple[str, bytes] | None:
    """Return the file as it goes into the bundle (`name` relative to `site-packages`), or None.

    Compiled modules are removed (MarkupSafe falls back to Python), so one tree serves every
    architecture and Python. Licences stay by law, `METADATA` for `importlib.metadata`.
    """
    path = PurePosixPath(name)
    if path.suffix in _SUFFIXES or path.name in _NAMES or _FOLDERS & set(path.parts[:-1]):
        return None
    if path.parts[:2] == ("boto3", "data"):  # models of `boto3.resource`, which porter never calls
        return None
    if path.parts[:2] == ("botocore", "data") and len(path.parts) > 3:  # noqa: PLR2004 - a service's file
        return _trim_model(path, content)
    return name, content


def _trim_model(path: PurePosixPath, content: bytes) -> tuple[str, bytes] | None:
    service, version = path.parts[2:4]
    if SERVICES.get(service) != version or path.name.startswith("examples-"):
        return None
    if path.name == "service-2.json.gz":
        # Most of a model is prose, and gzip hides the rest from xz: 2.3 MB become 1.4.
        model = _without_prose(json.loads(gzip.decompress(content)))
        for parameter in model.get("clientContextParams", {}).values():
            parameter["documentation"] = ""  # botocore/model.py asks for it when S3 is called
        return str(path.with_suffix("")), json.dumps(model, separators=(",", ":")).encode()
    return str(path), content


def _without_prose(node: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON without `documentation` texts; a member with that name is an object."""
    if isinstance(node, dict):
        return {
            key: _without_prose(value)
            for key, value in node.items()
            if not (key == "documentation" and isinstance(value, str))
        }
    if isinstance(node, list):
        return [_without_prose(value) for value in node]
    return node
