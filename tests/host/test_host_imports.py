"""Porter's own code imports nothing from the folder of a user's program."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.host.every_unit import every_unit

PLANTED = "import os; open(os.path.dirname(__file__) + '/ran', 'w').close()\n"
"""It uses only what an interpreter imports at its start: all other modules are planted, too."""

BUNDLE = "/opt/porter/bundle-bbbbbbbbbbbb"
CHECKOUT = str(Path(__file__).parents[2])
COMMANDS = [
    pytest.param(command, id=f"{unit}-{number}")
    for unit, text in every_unit(sys.executable).items()
    for number, command in enumerate(re.findall(r"\nExec\w+=[-+]?(.*porter\..*)", text))
]


def test_each_unit_with_code_of_porter_is_tried() -> None:
    units = {str(each.id).rsplit("-", 1)[0] for each in COMMANDS}
    assert units == {
        "porter-environment.service",
        "porter-box.service",
        "porter-box_check.service",
        "porterd.service",
        "porterd-drain.service",
        "porterd-restart.service",
        "porterd-return.service",
        "porterd-shutdown.service",
        "porter-lease-report.service",
        "porter-job-report.service",
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_a_users_folder_cannot_replace_a_module_of_porter(tmp_path: Path, command: str) -> None:
    argv = shlex.split(command.replace(BUNDLE, CHECKOUT).replace(" /run/", f" {tmp_path}/run/"))
    for name in ("porter", *sys.stdlib_module_names):
        (tmp_path / f"{name}.py").write_text(PLANTED)
    there = {"PATH": os.environ["PATH"], "PYTHONPATH": CHECKOUT, "PORTER_ROOT": str(tmp_path)}
    subprocess.run(argv, cwd=tmp_path, env=there, timeout=60, check=False, capture_output=True)
    assert not (tmp_path / "ran").exists()
