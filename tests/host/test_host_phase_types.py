"""mypy refuses a phase that writes, runs or fetches while it looks or plans."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from porter.host.phases import PHASES
from porter.host.secrets import vault

SOURCE = Path(__file__).parents[2]
FRAME = """\
from pathlib import PurePath

from porter.host.core.goal import Goal
from porter.host.core.machine import Machine
from porter.host.core.phase import Phase
from porter.host.core.steps import RemoveFile, Run, Steps
from porter.host.core.view import View
from porter.host.haproxy import runtime

FILE = PurePath("/etc/hello")


def look(goal: Goal, view: View) -> str:
    {look}
    return str(view.read(FILE))


def plan(goal: Goal, facts: str) -> Steps:
    {plan}
    return (RemoveFile(FILE),) if facts else ()


def look_and_act(goal: Goal, machine: Machine) -> str:
    machine.write(FILE, b"", 0o644)
    return ""


def plan_and_act(goal: Goal, facts: str, machine: Machine) -> Steps:
    machine.remove(FILE)
    return ()


PHASE = Phase("hello", {phase})
"""
CASES = {
    "looks_and_plans": ({}, ""),
    "look_writes": ({"look": 'view.write(FILE, b"", 0o644)'}, "attr-defined"),
    "look_runs": ({"look": 'view.run(["true"])'}, "attr-defined"),
    "look_removes": ({"look": "view.remove(FILE)"}, "attr-defined"),
    "look_performs_a_step": ({"look": 'Run(("true",)).perform(view)'}, "arg-type"),
    "look_commands_haproxy": ({"look": 'runtime.command(view, "del server a/b")'}, "arg-type"),
    "look_opens_a_path": ({"look": 'goal.layout.host.write_bytes(b"")'}, "attr-defined"),
    "look_fetches": ({"look": "goal.secrets.fetch()"}, "attr-defined"),
    "plan_fetches": ({"plan": "goal.secrets.fetch()"}, "attr-defined"),
    "plan_opens_a_path": ({"plan": "goal.layout.host.unlink()"}, "attr-defined"),
    "plan_performs_a_step": ({"plan": "RemoveFile(FILE).perform(goal)"}, "arg-type"),
    "look_takes_a_machine": ({"phase": "look_and_act, plan"}, "arg-type"),
    "plan_takes_a_machine": ({"phase": "look, plan_and_act"}, "arg-type"),
}


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return mypy's errors by case, from one run."""
    folder = tmp_path_factory.mktemp("phases")
    for name, (changes, _) in CASES.items():
        given = {"look": "pass", "plan": "pass", "phase": "look, plan", **changes}
        (folder / f"{name}.py").write_text(FRAME.format(**given))
    files = sorted(map(str, folder.iterdir()))
    options = ("--no-error-summary", "--no-pretty", "--cache-dir", str(folder / "cache"))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *files],
        cwd=SOURCE,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    said: dict[str, str] = {}
    for line in done.stdout.splitlines():
        name = Path(line.partition(":")[0]).stem
        said[name] = said.get(name, "") + line + "\n"
    assert said.keys() <= CASES.keys()
    return said


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", CASES)
def test_mypy_refuses_a_phase_that_acts(refusals: dict[str, str], name: str) -> None:
    changes, code = CASES[name]
    said = refusals.get(name, "")
    assert said.count("error:") == (1 if changes else 0), said
    assert f"[{code}]" in said or not changes


def test_every_phase_is_held_to_its_arguments_by_the_import_linter() -> None:
    """Types cannot detect a phase that imports a machine, a process or AWS itself."""
    settings = tomllib.loads((SOURCE / "pyproject.toml").read_text())
    [contract] = [
        one
        for one in settings["tool"]["importlinter"]["contracts"]
        if one["name"].startswith("A phase gets what it may use")
    ]
    held = contract["source_modules"]
    functions = [function for phase in PHASES for function in (phase.look, phase.plan)]
    modules = {function.__module__ for function in functions}
    assert [name for name in modules if not any(fnmatch(name, one) for one in held)] == []
    assert {phase.fetch.__module__ for phase in PHASES if phase.name == "secrets"} == {
        vault.__name__
    }
