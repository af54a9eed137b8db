"""An app that uv runs, in a virtual environment of its own, is rehearsed as it stands."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.harness.sandbox import Sandbox

pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(900)]

PROJECT = """\
[project]
name = "infra"
version = "0"
requires-python = ">=3.11"
dependencies = []
"""


def test_an_app_that_uv_runs_is_rehearsed(sandbox: Sandbox) -> None:
    """The environment has the tests' packages by a path file, so that uv needs no network."""
    uv = Path(sys.executable).with_name("uv")
    app = sandbox.app("uv")
    (app / "pyproject.toml").write_text(PROJECT)
    (app / "cdk.json").write_text(json.dumps({"app": f"{uv} run python app.py"}))
    command = [uv, "venv", "--quiet", "--python", sys.executable, str(app / ".venv")]
    subprocess.run(command, check=True, timeout=120)
    [packages] = (app / ".venv/lib").glob("python3*/site-packages")
    paths = [sysconfig.get_path("purelib"), *sys.path]
    (packages / "tests.pth").write_text("\n".join(path for path in paths if path))
    program = app / "app.py"
    said = 'import sys\nassert sys.prefix.endswith("uv/.venv"), sys.prefix\n'
    program.write_text(said + program.read_text())
    ended = sandbox.rehearse(app)
    assert ended.code == 0, ended.out + ended.err
    assert (app / "uv.lock").exists(), "uv itself ran"
