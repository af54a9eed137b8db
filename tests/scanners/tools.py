"""Install the scanners beside the tests' own environment, and run them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SCANNERS = ("cfn-lint==1.58.0", "checkov==3.3.30")
NAG = "cdk-nag==3.0.2"
BEFORE = "2026-11-20"
"""Their dependencies are the newest ones of this day, so the findings stay the same."""

SECONDS = 1800
"""Far longer than any of them takes on a busy machine."""


@dataclass(frozen=True, slots=True)
class Tools:
    """A folder with cdk-nag, and a virtual environment with the other scanners."""

    nag: Path
    environment: Path


def install() -> Tools:
    """Install the scanners into the tests' environment's folder, unless they are there.

    They stay out of dev.lock: checkov has a hundred dependencies, and only a release runs it.
    """
    name = hashlib.sha256(" ".join((*SCANNERS, NAG, BEFORE)).encode()).hexdigest()[:12]
    folder = Path(sys.prefix) / "scanners" / name
    tools = Tools(folder / "nag", folder / "environment")
    if not (folder / "installed").exists():
        python = tools.environment / "bin" / "python"
        pip = ("pip", "install", "--quiet", "--exclude-newer", BEFORE, "--python", str(python))
        _uv("venv", "--quiet", "--clear", "--python", sys.executable, str(tools.environment))
        _uv(*pip, *SCANNERS)
        # Its dependencies are the CDK, which the tests' own environment has.
        _uv(*pip, "--no-deps", "--target", str(tools.nag), NAG)
        (folder / "installed").touch()
    return tools


def synthesize(tools: Tools, folder: Path) -> dict[str, list[str]]:
    """Synthesize the examples into `folder`; return for each the paths of what porter makes."""
    path = {"PYTHONPATH": os.pathsep.join((str(ROOT), str(tools.nag)))}
    command = [sys.executable, "-m", "tests.scanners.synthesize", str(folder)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **path}, check=True, timeout=SECONDS)
    found: dict[str, list[str]] = json.loads((folder / "ours.json").read_text())
    return found


def report(tools: Tools, program: str, *arguments: str | Path) -> Any:
    """Return what a scanner prints as JSON. Its exit code says whether it found something."""
    done = subprocess.run(
        [tools.environment / "bin" / program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        check=False,
        timeout=SECONDS,
    )
    return json.loads(done.stdout)


def _uv(*arguments: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, *arguments], check=True, timeout=SECONDS)
