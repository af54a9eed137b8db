"""Services with a build, and the payloads that they get."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from porter_cdk import Build, PorterService, Process
from tests.cdk.conftest import DeployedHost, deployed_hosts, unpacked

COUNTED = 'echo ran >> "$COUNT"; '
"""The beginning of a shell script whose runs are counted (`build_cache`, `runs`)."""


def shell(script: str, inputs: Sequence[str] | None = None) -> Build:
    """Return a build that runs `script`."""
    return Build.from_commands([["sh", "-ec", COUNTED + script]], inputs=inputs)


def runs(folder: Path) -> int:
    """Return how often commands ran in this test, whose `tmp_path` is `folder`."""
    count = folder / "count"
    return len(count.read_text().splitlines()) if count.exists() else 0


def service(
    folder: Path, build: Build | None, exclude: Sequence[str] = (), **host: Any
) -> cdk.Stack:
    """Return a stack with a service whose program is `folder`; `host` are host properties."""
    stack = cdk.Stack(cdk.App(), "Hello")
    run = Process(["./main"], source=folder, port=8000, build=build, exclude=exclude)
    PorterService(stack, "Service", run=run, **host)
    return stack


def archive_of(host: DeployedHost) -> bytes:
    """Return the bytes of the payload."""
    archives = [file.read_bytes() for file in host.assets.values() if file.suffix == ".xz"]
    [payload] = [one for one in archives if "host.json" in unpacked(one)]
    return payload


def payload_of(stack: cdk.Stack) -> dict[str, bytes]:
    """Return the files of the only host's program behind HAProxy."""
    [host] = deployed_hosts(stack)
    files, start = unpacked(archive_of(host)), "workloads/web/"
    return {name[len(start) :]: one for name, one in files.items() if name.startswith(start)}
