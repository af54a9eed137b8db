"""The recipe of a payload: packed again, unchanged files give the same bytes."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import aws_cdk as cdk
import pytest

from porter.packing.recipe import Recipe, own_modules, read
from porter.rehearsal.watch.difference import blueprint, difference, refusal
from porter.spec.synthesis import RECIPES
from porter_cdk import Build, HealthCheck, Job, PorterService, Process, Setup


class Synthesized:
    """An app whose program, worker, job and setup step have folders; synthesized into `out`."""

    def __init__(self, folder: Path, environ: pytest.MonkeyPatch) -> None:
        self.folder = folder
        for name in ("service/main.py", "service/notes.md", "jobs/main.py", "setup/agent.sh"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(name)
        self._environ = environ
        self._number = 0

    def synthesize(
        self, command: str = "main.py", port: int = 8000, hosts: int = 1, *, nested: bool = False
    ) -> tuple[Path, Recipe]:
        """Return the assembly, and the recipe of its only payload."""
        self._number += 1
        recipes = self.folder / f"recipes{self._number}"
        recipes.mkdir()
        self._environ.setenv(RECIPES, str(recipes))
        app = cdk.App(
            outdir=str(self.folder / f"out{self._number}"),
            context={"aws:cdk:enable-path-metadata": True},
        )
        stack = cdk.Stack(app, "Hello")
        lines = ["sh", "-c", "tr a-z A-Z < main.py > upper && mkdir -p made && cp upper made"]
        PorterService(
            cdk.NestedStack(stack, "Inner") if nested else stack,
            "Service",
            run=Process(
                ["python3", command],
                source=self.folder / "service",
                port=port,
                build=Build.from_commands([lines], inputs=["*.py"]),
                exclude=["*.md"],
                environment={"STACK": stack.stack_id},
            ),
            health_check=HealthCheck("/health"),
            workers={"mail": Process(["python3", "main.py"], source=self.folder / "service")},
            jobs={
                "report": Job(["python3", "main.py"], schedule="daily", source=self.folder / "jobs")
            },
            setup=[Setup("agent", command=["sh", "agent.sh"], source=self.folder / "setup")],
            min_capacity=hosts,
        )
        app.synth()
        [file] = recipes.iterdir()
        return Path(app.outdir), read(file)


@pytest.fixture
def synthesized(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Synthesized:
    return Synthesized(tmp_path, monkeypatch)


def _pack(recipe: Recipe, folder: Path) -> subprocess.CompletedProcess[str]:
    recipe.write(folder, "recipe.json")
    words = ["-P", "-m", "porter.packing", str(folder / "recipe.json"), str(folder / "new.tar.xz")]
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, timeout=120
    )


def test_unchanged_files_are_packed_into_the_same_bytes_without_the_cdk(
    synthesized: Synthesized, tmp_path: Path
) -> None:
    _, recipe = synthesized.synthesize()
    done = _pack(recipe, tmp_path)
    assert (done.returncode, done.stdout) == (0, recipe.sha256), done.stderr


def test_a_changed_input_runs_the_build_again(synthesized: Synthesized, tmp_path: Path) -> None:
    _, recipe = synthesized.synthesize()
    (synthesized.folder / "service/main.py").write_text("other")
    done = _pack(recipe, tmp_path)
    assert done.returncode == 0, done.stderr
    with tarfile.open(tmp_path / "new.tar.xz") as archive:
        made = archive.extractfile("workloads/web/made/upper")
        assert made
        assert made.read() == b"OTHER"
        assert "workloads/web/notes.md" not in archive.getnames()
    _, again = synthesized.synthesize()
    assert again.sha256 == done.stdout


def test_a_build_that_fails_says_why(synthesized: Synthesized, tmp_path: Path) -> None:
    _, recipe = synthesized.synthesize()
    main = synthesized.folder / "service/main.py"
    main.unlink()
    (synthesized.folder / "service/other.py").touch()
    done = _pack(recipe, tmp_path)
    assert done.returncode == 1
    assert "main.py" in done.stderr


def test_packing_imports_no_cdk() -> None:
    program = "import porter.packing.__main__, sys; print('aws_cdk' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "False\n"


def test_the_apps_modules_are_its_own_files_and_no_packages() -> None:
    modules = own_modules(Path(__file__).parent)
    assert Path(__file__).resolve() in modules
    assert not [path for path in modules if "site-packages" in path.parts]
    assert Path(json.__file__).resolve() not in modules


@pytest.mark.parametrize("nested", [False, True])
def test_two_syntheses_that_differ_by_payloads_need_no_deployment(
    synthesized: Synthesized, *, nested: bool
) -> None:
    old, _ = synthesized.synthesize(nested=nested)
    (synthesized.folder / "service/main.py").write_text("other")
    new, _ = synthesized.synthesize(command="upper", nested=nested)
    assert difference(blueprint(old), blueprint(new)) == ""


@pytest.mark.parametrize(("nested", "path"), [(False, "Hello"), (True, "Hello/Inner")])
def test_another_template_needs_a_deployment_and_is_named(
    synthesized: Synthesized, path: str, *, nested: bool
) -> None:
    old, _ = synthesized.synthesize(nested=nested)
    new, _ = synthesized.synthesize(hosts=2, nested=nested)
    why = difference(blueprint(old), blueprint(new))
    assert f"{path}/Service/Host/AutoScalingGroup/ASG (AWS::AutoScaling::AutoScalingGroup)" in why


@pytest.mark.parametrize(
    ("command", "port", "why"),
    [
        ("--port=8000", 8000, "names port 8000"),
        ("main.py", 8001, "port 8001 is new"),
        ("main.py", 8000, ""),
    ],
)
def test_what_a_hot_apply_cannot_do_is_said(
    synthesized: Synthesized, command: str, port: int, why: str
) -> None:
    from porter.rehearsal.fleet.host import Host  # noqa: PLC0415
    from porter.rehearsal.machines.played.machine import ProcessMachine  # noqa: PLC0415
    from tests.machine.conftest import cloud_config, launch  # noqa: PLC0415

    _, before = synthesized.synthesize()
    _, after = synthesized.synthesize(command=command, port=port)
    ports = {80: 20080, 8000: 28000}
    machine = ProcessMachine(launch(cloud_config([], {}), ports), synthesized.folder / "m")
    host = Host(instance_id="i-0123", machine=machine, spec=before.spec, ports=ports)
    said = refusal(host, after.spec, moves_ports=True)
    assert why in said if why else said == ""
