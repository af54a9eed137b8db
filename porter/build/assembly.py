"""Make the cloud assembly of an app."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from porter import toolchain
from porter.errors import PorterError

_DEADLINE_SECONDS = 1800
"""Far beyond any synthesis (100 stacks take 5 s); it ends one that hangs."""


_STDERR = 2
"""The descriptor, since a notebook's `sys.stderr` has none."""


def require_app(folder: Path) -> None:
    """Raise `PorterError` unless `folder` holds a CDK app."""
    if not (folder / "cdk.json").is_file():
        raise PorterError(
            "this folder has no app: there is no cdk.json",
            where=str(folder),
            cure="change to the app's folder, or make an app with: porter init hello",
        )


def synthesize(app: Path, output: Path) -> Path:
    """Synthesize the app in the folder `app` into `output`; the assembly's absolute path.

    cdk's own messages go to stderr. Raises `PorterError` if there is no app or cdk refuses it.
    """
    require_app(app)
    assembly = app.joinpath(output).absolute()
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
            f"cdk synth took longer than {_DEADLINE_SECONDS} s", where=str(app)
        ) from None
    if done.returncode:
        raise PorterError(
            f"cdk synth failed with exit code {done.returncode}",
            where=str(app),
            cure="its messages above say why",
        )
    return assembly
