"""A new app has the feature flags that `cdk init` writes, and synthesizes without a warning."""

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from porter.cli.scaffold import create_app

from .conftest import Run


def test_a_group_that_scales_passes_the_validation_of_the_recommended_flags(
    run: Run, tmp_path: Path
) -> None:
    """An empty DesiredCapacity was a warning (F3031), and an error with these flags."""
    app = tmp_path / "hello"
    create_app(app)
    program = app / "app.py"
    text = program.read_text()
    program.write_text(text.replace("health_check=", "max_capacity=4, health_check="))
    flags = json.loads((app / "cdk.json").read_text())["context"]
    assert flags["@aws-cdk/core:validateAgainstDefaultRules"] is True
    done = run("synth", "--quiet", cwd=app)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "F3031" not in done.stdout + done.stderr


def test_on_a_terminal_cdk_says_nothing_about_flags_and_newer_versions(tmp_path: Path) -> None:
    app = tmp_path / "hello"
    create_app(app)
    controller, terminal = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "porter", "synth", "--quiet"],
        cwd=app,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        timeout=120,
        check=False,
    )
    os.close(terminal)
    said = b""
    with suppress(OSError):  # EIO once every writer has closed the terminal
        while part := os.read(controller, 65_536):
            said += part
    os.close(controller)
    assert done.returncode == 0, said
    assert b"feature flags" not in said
    assert b"npm install" not in said
