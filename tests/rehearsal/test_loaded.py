"""The cdk CLI, loaded before its run is needed."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.cdk import Cdk
from porter.rehearsal.cloud.loaded import Loaded
from porter.rehearsal.cloud.workspace import App, Workspace
from tests.harness.slowness import slowness


def _cdk(folder: Path, *arguments: str) -> Cdk:
    return Cdk(*arguments, folder=folder, environment=os.environ, log=folder / "log")


def test_a_loaded_run_does_nothing_before_it_begins(tmp_path: Path) -> None:
    run = _cdk(tmp_path, "--version")
    try:
        assert run.wait(2) is None
        assert run.last_lines() == []
        run.begin()
        assert run.wait(60 * slowness()) == 0
        assert run.last_lines()[0].startswith("2.")
    finally:
        run.stop()


def test_a_run_that_is_not_needed_ends(tmp_path: Path) -> None:
    run = _cdk(tmp_path, "--version")
    run.stop()
    run.stop()
    assert run.exit_code()
    run.begin()  # too late, and no error
    assert run.last_lines() == []


def test_a_run_that_stands_back_has_a_lower_priority(tmp_path: Path) -> None:
    run = _cdk(tmp_path, "--version")
    try:
        run.stand_back()
        lowest = 19
        mine = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PGRP, run.group) == min(mine + 5, lowest)
    finally:
        run.stop()


def test_a_run_for_another_account_is_loaded_anew(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/cdk.json").write_text('{"app": "true"}', "utf-8")
    workspace = Workspace(tmp_path / "workspace", App(folder=tmp_path / "app"))
    with ExitStack() as cleanup:
        loaded = Loaded(tmp_path, lambda: "http://localhost:1", cleanup.callback)
        first = loaded.load("synth", workspace, Environment())
        assert loaded.load("synth", workspace, Environment()) is first
        other = Environment(account="111122223333")
        assert loaded.load("synth", workspace, other) is not first
        assert first.exit_code() is not None
        assert loaded.begin("synth", workspace, other).wait(60 * slowness()) == 1  # no assembly
        assert loaded.load("synth", workspace, other).exit_code() is None
        loaded.drop()
