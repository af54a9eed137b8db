"""The hosts' specifications in a cloud assembly, as plain JSON."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from porter.build.assets import payloads


def specs(assembly: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the path and the specification of each host in `assembly`.

    None if the assembly is incomplete, which the cdk CLI reports.
    """
    try:
        found = list(payloads(assembly))
    except FileNotFoundError:
        return
    for one in found:
        with tarfile.open(one.file, "r|xz") as archive:
            for member in archive:  # host.json is the first
                if file := archive.extractfile(member):
                    yield one.host, json.load(file)
                break


def secrets(spec: object) -> Iterator[dict[str, Any]]:
    """Yield each secret in a specification."""
    if isinstance(spec, dict):
        if spec.get("store") in ("secretsmanager", "ssm", "command"):
            yield spec
        for value in spec.values():
            yield from secrets(value)
    elif isinstance(spec, list):
        for value in spec:
            yield from secrets(value)


def fields(assembly: Path) -> list[str]:
    """Return the fields that programs read of secrets which are JSON objects."""
    read = (secret.get("field", "") for _, spec in specs(assembly) for secret in secrets(spec))
    return sorted({field for field in read if field})
