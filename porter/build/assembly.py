"""Make the cloud assembly of an app."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from porter import toolchain
from porter.errors import PorterError

_DEADLINE_SECONDS = 1800
"""Far longer than any synthesis (100 stacks take 5 s). Ends one that hangs."""


_STDERR = 2
"""A file descriptor, because `sys.stderr` of a notebook has none."""


def require_app(folder: Path) -> None:
    """Raise `PorterError` unless `folder` holds a CDK app."""
    if not (folder / "cdk.json").is_file():
        raise PorterError(
            "this folder contains no CDK app: cdk.json is missing",
            where=str(folder),
            cure="change to the app's folder, or create an app: porter init hello",
        )


def require_output(folder: Path) -> None:
    """Create `folder`, for a cloud assembly. Raises `PorterError`; cdk would try for ever."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PorterError(
            f"cannot create the folder for the cloud assembly: {error.strerror}",
            where=str(folder),
            cure="choose another folder: --output",
        ) from None


def synthesize(app: Path, output: Path) -> Path:
    """Synthesize the app in the folder `app` into `output`; return the assembly's absolute path.

    cdk's messages go to stderr. Raises `PorterError` if `app` holds no app, `output` cannot be
    created, or cdk fails.
    """
    require_app(app)
    assembly = app.joinpath(output).absolute()
    require_output(assembly)
    command = toolchain.cdk("synth", "--quiet", "--no-notices", "--output", str(assembly))
    try:
        done = subprocess.run(
            command,
            cwd=app,
            env=toolchain.environment(os.environ),
            stdout=_STDERR,
            timeout=_DEADLINE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PorterError(
            f"cdk synth did not exit within {_DEADLINE_SECONDS} s",
            where=str(app),
            cure="run: porter synth --debug",
        ) from None
    if done.returncode:
        raise PorterError(
            f"cdk synth failed with exit code {done.returncode}",
            where=str(app),
            cure="read cdk's messages above",
        )
    return assembly
