"""Run the real command line, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run("build", "--help")` runs porter in `tmp_path`, or `cwd=`, with `env=` added."""

    def run_porter(
        *arguments: str, cwd: Path = tmp_path, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "porter", *arguments],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run_porter


@pytest.fixture
def fake_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A node, first on PATH, that writes its arguments to this file and exits with 7.

    The user has AWS credentials, without which porter starts no cdk.
    """
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "123456789012")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    folder = tmp_path / "node"
    folder.mkdir()
    seen = folder / "arguments"
    program = folder / "node"
    program.write_text(
        "#!/bin/sh\n"
        '[ "$1" = --version ] && { echo v22.0.0; exit; }\n'
        f"printf '%s\\n' \"$@\" > {seen}\n"
        "exit 7\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return seen
