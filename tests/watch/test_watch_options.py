"""What `--watch` refuses, before anything starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from porter.cli.rehearsal_watch import check
from porter.rehearsal.cloud.workspace import App


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--app", "."], "--watch needs an app to synthesize"),
        (["--keep-failed"], "--keep-failed contradicts --watch"),
        (["--fault", "disk-full"], "--fault breaks one deployment"),
    ],
)
def test_an_option_that_contradicts_watching_is_refused_with_the_reason(
    tmp_path: Path, options: list[str], said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "porter", "rehearse", "--watch", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2, done
    assert said in done.stderr


@pytest.mark.parametrize(
    "files",
    [
        {"cdk.json": '{"app": "cdk.out"}', "cdk.out/manifest.json": "{}"},
        {"manifest.json": "{}"},
    ],
    ids=["cdk.json names an assembly", "the folder is an assembly"],
)
def test_an_assembly_is_refused_however_it_is_named(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.raises(click.UsageError, match="--watch needs an app to synthesize"):
        check(App(folder=tmp_path), keep_failed=False, faults=())


def test_a_long_command_is_no_assembly(tmp_path: Path) -> None:
    check(App(folder=tmp_path, command=f"python3 {'a' * 300}"), keep_failed=False, faults=())
