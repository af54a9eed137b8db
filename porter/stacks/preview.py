"""Find or make the cloud assembly that `cdk deploy ARGUMENTS` is about to deploy."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from porter import toolchain
from porter.spec.synthesis import PREVIEW

_DEADLINE_SECONDS = 600
"""Far longer than any synthesis takes. One that hangs here would hang the deployment too."""

_APP = ("--app", "-a")
_TAKEN_OVER = (*_APP, "--context", "-c", "--profile")
"""Options that change the synthesis, common to `cdk synth` and `cdk deploy`."""


def ready_made(arguments: Sequence[str]) -> Path | None:
    """Return the cloud assembly that `--app` or `cdk.json` names; None if that is a command."""
    named = [value for option, value in options(arguments, _TAKEN_OVER) if option in _APP]
    for app in named or [_configured()]:
        if app and Path(app, "manifest.json").is_file():
            return Path(app)
    return None


def synthesize(arguments: Sequence[str], output: Path) -> Path | None:
    """Synthesize the app in this folder into `output`; None if that fails or takes too long.

    It prints nothing: the deployment that follows reports what is wrong.
    """
    taken = [word for pair in options(arguments, _TAKEN_OVER) for word in pair]
    command = toolchain.cdk("synth", "--quiet", "--no-notices", "--output", str(output), *taken)
    environment = toolchain.environment(os.environ) | {"CDK_VALIDATION": "false", PREVIEW: "1"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_DEADLINE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    made = done.returncode == 0 and (output / "manifest.json").is_file()
    return output if made else None


def profile(arguments: Sequence[str]) -> str | None:
    """Return the AWS profile that `--profile` names."""
    return dict(options(arguments, _TAKEN_OVER)).get("--profile")


def settings() -> dict[str, Any]:
    """Return this folder's `cdk.json`; empty without a valid one, which cdk reports."""
    try:
        found = json.loads(Path("cdk.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def options(arguments: Sequence[str], names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield each option in `names` with its value: `--app X` and `--app=X` alike."""
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if word in names:
            yield word, next(words, "")
        elif equals and name in names:
            yield name, value


def _configured() -> str:
    """Return `app` of this folder's `cdk.json`; empty without one."""
    app = settings().get("app")
    return app if isinstance(app, str) else ""
