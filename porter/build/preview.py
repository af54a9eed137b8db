"""See the cloud assembly that `cdk deploy ARGUMENTS` would deploy, before it does."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from porter import toolchain

PREVIEW = "PORTER_PREVIEW"
"""Set for an app that is only previewed: what it says is not shown, so it must keep nothing."""

_DEADLINE_SECONDS = 600
"""Far beyond any synthesis: one that hangs here would hang the deployment as well."""

_APP = ("--app", "-a")
_TAKEN_OVER = (*_APP, "--context", "-c", "--profile")
"""Options that decide what is synthesized; `cdk synth` and `cdk deploy` share them."""


def ready_made(arguments: Sequence[str]) -> Path | None:
    """The cloud assembly that `--app` or `cdk.json` names, if it is one and not a command."""
    named = [value for option, value in _options(arguments) if option in _APP]
    for app in named or [_configured()]:
        if app and Path(app, "manifest.json").is_file():
            return Path(app)
    return None


def synthesize(arguments: Sequence[str], output: Path) -> Path | None:
    """Synthesize the app in this folder into `output`; None where that fails or takes too long.

    Nothing is printed: the deployment that follows will say what is wrong.
    """
    taken = [word for pair in _options(arguments) for word in pair]
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
    """The profile that `--profile` names."""
    return dict(_options(arguments)).get("--profile")


def _configured() -> str:
    """The `app` of this folder's `cdk.json`; empty without one, or where cdk will complain."""
    try:
        settings = json.loads(Path("cdk.json").read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    app = settings.get("app") if isinstance(settings, dict) else None
    return app if isinstance(app, str) else ""


def _options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The options taken over with their values, however they are written."""
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if word in _TAKEN_OVER:
            yield word, next(words, "")
        elif equals and name in _TAKEN_OVER:
            yield name, value
