"""`cdk synth` gives the same template as `porter synth`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from porter import toolchain
from porter.cli.scaffold import create_app, template_folder

REPOSITORY = Path(__file__).parents[2]


def _synth(command: list[str], folder: Path, output: Path, path: list[Path]) -> Any:
    """Return the template that `command` synthesizes with only PATH and HOME set."""
    folders = [Path(sys.executable).parent, *path]
    search = os.pathsep.join([*map(str, folders), os.defpath])
    done = subprocess.run(
        [*command, "--quiet", "--no-notices", "--output", str(output)],
        cwd=folder,
        env={"PATH": search, "HOME": os.environ["HOME"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    template = folder / output / "Hello.template.json"
    assert (done.returncode, template.exists()) == (0, True), done.stdout + done.stderr
    return json.loads(template.read_text())


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The template that `porter synth` makes of a new app."""
    folder = tmp_path_factory.mktemp("porter")
    create_app(folder / "hello")
    command = [sys.executable, "-m", "porter", "synth"]
    return _synth(command, folder / "hello", folder / "out", [])


def test_cdk_synth_gives_the_same_template_as_porter_synth(
    synthesized: Any, tmp_path: Path
) -> None:
    create_app(tmp_path / "hello")
    node = [toolchain.node().parent]
    assert _synth(toolchain.cdk("synth"), tmp_path / "hello", tmp_path / "out", node) == synthesized


def test_cdk_synth_in_the_repository_runs_the_template(tmp_path: Path) -> None:
    """The output folder is relative to the repository, as the cdk CLI passes it."""
    app = tmp_path / "app"
    shutil.copytree(template_folder(), app)  # without the feature flags that `porter init` adds
    expected = _synth([sys.executable, "-m", "porter", "synth"], app, tmp_path / "expected", [])
    output = Path(os.path.relpath(tmp_path / "out", REPOSITORY))
    node = [toolchain.node().parent]
    assert _synth(toolchain.cdk("synth"), REPOSITORY, output, node) == expected
